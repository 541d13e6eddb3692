//! A `Range` header.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_server::fuzzing::range(bytes));
