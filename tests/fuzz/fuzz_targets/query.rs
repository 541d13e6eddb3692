//! The path and query of a request.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_server::fuzzing::query(bytes));
