//! What a credential helper prints.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_auth::fuzzing::helper_answer(bytes));
