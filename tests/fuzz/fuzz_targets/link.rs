//! A `Link` header.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_registry::fuzzing::link(bytes));
