//! A connection on which a client sends these bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_server::fuzzing::request(bytes));
