//! A `Warning` header of an answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_registry::fuzzing::warning(bytes));
