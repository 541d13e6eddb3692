//! The body of a push of a manifest.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_server::fuzzing::json(bytes));
