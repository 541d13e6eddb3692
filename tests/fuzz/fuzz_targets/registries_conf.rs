//! A `registries.conf`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_config::fuzzing::registries_conf(bytes));
