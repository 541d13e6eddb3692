//! `VerifyError`: why content does not match its descriptor.

use crate::Digest;

/// Why content failed verification.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The digest's algorithm is not supported.
    #[error("cannot verify {digest}: its algorithm is not supported")]
    Algorithm {
        /// The digest.
        digest: Digest,
    },
    /// The length matches but the content does not.
    #[error("digest mismatch: expected {expected}, got {actual}")]
    Digest {
        /// The expected digest.
        expected: Digest,
        /// The digest of the bytes received.
        actual: Digest,
    },
    /// The length differs from the descriptor's.
    #[error("size mismatch: expected {expected} bytes, got {}{actual}", if actual > expected { "at least " } else { "" })]
    Size {
        /// The expected length in bytes.
        expected: u64,
        /// The bytes received; counting stops with the first frame past `expected`.
        actual: u64,
    },
}
