//! The body of a push of a manifest, which is taken for a script of faults, too.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(text.parse::<oras_server_faults::Script>());
    }
    oras_server::fuzzing::json(bytes);
});
