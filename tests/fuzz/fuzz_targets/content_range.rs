//! The `Content-Range` header of a chunk.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_server::fuzzing::content_range(bytes));
