//! The words of the specifications as types, seen from outside.
#![allow(clippy::unwrap_used)]

#[cfg(feature = "blake3")]
mod blake3;
mod descriptor;
mod digest;
mod graph;
mod limited;
mod manifest;
mod media_type;
mod name;
#[cfg(feature = "oci-spec")]
mod oci_spec;
mod payload;
mod platform;
mod ranges;
mod reference;
mod saved;
mod verify;

/// The digest of nothing.
const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
