//! `VerifyError`: how content differs from its descriptor.

use crate::Digest;

/// Why content was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The digest names an algorithm that cannot be verified.
    #[error("cannot verify {digest}: its algorithm is not supported")]
    Algorithm {
        /// The digest promised.
        digest: Digest,
    },
    /// The length is right, the content is not.
    #[error("digest mismatch: expected {expected}, got {actual}")]
    Digest {
        /// The digest promised.
        expected: Digest,
        /// The digest of the bytes received.
        actual: Digest,
    },
    /// The length differs from the descriptor's.
    #[error("size mismatch: expected {expected} bytes, got {}{actual}", if actual > expected { "at least " } else { "" })]
    Size {
        /// The bytes promised.
        expected: u64,
        /// The bytes received; counting stops with the first frame past `expected`.
        actual: u64,
    },
}
