//! A `Location` header of an answer that opens an upload.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_registry::fuzzing::location(bytes));
