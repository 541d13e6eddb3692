//! A file of credentials.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_auth::fuzzing::credentials_file(bytes));
