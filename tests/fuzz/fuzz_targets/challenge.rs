//! A `WWW-Authenticate` header.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_auth::fuzzing::challenge(bytes));
