//! A `policy.json`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_config::fuzzing::policy_json(bytes));
