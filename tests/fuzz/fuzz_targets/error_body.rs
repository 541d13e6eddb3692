//! The body of an answer that refuses something.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_registry::fuzzing::error_body(bytes));
