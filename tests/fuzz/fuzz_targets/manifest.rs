//! A manifest of any kind.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_content::fuzzing::manifest(bytes));
