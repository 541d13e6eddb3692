//! `Algorithm`: the hash algorithms this library can verify.

use crate::{Digest, Hasher};

/// A hash algorithm this library can verify.
///
/// Spec: image-spec v1.1, `descriptor.md`, "Registered Algorithms".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// SHA-256, used for nearly all content.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// BLAKE3 with a 256-bit digest. Few registries accept it.
    #[cfg(feature = "blake3")]
    Blake3,
}

impl Algorithm {
    /// Returns the algorithm called `name` in digests, or `None` if it is not supported.
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

    /// Returns the algorithm's name as it appears in digests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
            #[cfg(feature = "blake3")]
            Self::Blake3 => "blake3",
        }
    }

    /// Computes the digest of `bytes`.
    pub fn digest(self, bytes: &[u8]) -> Digest {
        let mut hasher = Hasher::new(self);
        hasher.update(bytes);
        hasher.finish()
    }
}
