//! A page of tags or of referrers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_registry::fuzzing::page(bytes));
