//! `Algorithm`: which hashes can be verified.

use crate::{Digest, Hasher};

/// A hash algorithm that this library verifies.
///
/// Spec: image-spec v1.1, `descriptor.md`, "Registered Algorithms".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// SHA-256, the algorithm of nearly all content.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// BLAKE3, of 256 bits. Few registries take it.
    #[cfg(feature = "blake3")]
    Blake3,
}

impl Algorithm {
    /// The algorithm that a digest's text calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "sha256" => Some(Self::Sha256),
            "sha384" => Some(Self::Sha384),
            "sha512" => Some(Self::Sha512),
            #[cfg(feature = "blake3")]
            "blake3" => Some(Self::Blake3),
            _ => None,
        }
    }

    /// The name in a digest's text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
            #[cfg(feature = "blake3")]
            Self::Blake3 => "blake3",
        }
    }

    /// The digest of `bytes`.
    pub fn digest(self, bytes: &[u8]) -> Digest {
        let mut hasher = Hasher::new(self);
        hasher.update(bytes);
        hasher.finish()
    }
}
