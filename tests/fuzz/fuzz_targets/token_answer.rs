//! What a token server answers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_auth::fuzzing::token_answer(bytes));
