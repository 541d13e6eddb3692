//! An archive, uncompressed.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oras_archive::fuzzing::reader(bytes));
