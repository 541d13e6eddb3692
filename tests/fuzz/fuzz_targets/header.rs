//! The value of any header that says something about content.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_registry::fuzzing::header(bytes));
