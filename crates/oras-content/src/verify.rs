//! Verification of content against descriptors.

use bytes::Bytes;

use crate::{Descriptor, Digest, Hasher, MediaType, VerifyError};

/// Checks bytes against a descriptor as they arrive: the length at once, the digest at the end.
///
/// Spec: image-spec v1.1, `descriptor.md`, "Verification".
///
/// ```
/// use oras_content::{Descriptor, MediaType, Verifier};
///
/// let hello = Descriptor::of(MediaType::OCTET_STREAM, b"hello");
/// let mut verifier = Verifier::new(&hello)?;
/// verifier.update(b"hel")?;
/// verifier.update(b"lo")?;
/// verifier.finish()?;
/// # Ok::<(), oras_content::VerifyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Verifier {
    expected: Digest,
    size: u64,
    seen: u64,
    hasher: Hasher,
}

impl Verifier {
    /// Starts to verify content against `expected`.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Algorithm`]: the digest cannot be verified.
    pub fn new(expected: &Descriptor) -> Result<Self, VerifyError> {
        let algorithm = expected
            .digest
            .algorithm()
            .ok_or_else(|| VerifyError::Algorithm {
                digest: expected.digest.clone(),
            })?;
        Ok(Self {
            expected: expected.digest.clone(),
            size: expected.size,
            seen: 0,
            hasher: Hasher::new(algorithm),
        })
    }

    /// Continues a [saved](Self::save) verification. Returns `None` if `saved` is not a state of this algorithm, or has
    /// seen more bytes than `expected` has.
    ///
    /// The caller must know that the bytes already verified are unchanged: they are not read again.
    pub fn restore(expected: &Descriptor, saved: &[u8]) -> Option<Self> {
        let hasher = Hasher::restore(expected.digest.algorithm()?, saved)?;
        let seen = hasher.seen();
        (seen <= expected.size).then(|| Self {
            expected: expected.digest.clone(),
            size: expected.size,
            seen,
            hasher,
        })
    }

    /// Serialises the state, as [`Hasher::save`] does.
    pub fn save(&self) -> Option<Vec<u8>> {
        self.hasher.save()
    }

    /// Returns the number of bytes added so far.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Adds the next bytes.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Size`]: there are more bytes than expected.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), VerifyError> {
        self.seen = self.seen.saturating_add(bytes.len() as u64);
        if self.seen > self.size {
            return Err(self.wrong_size());
        }
        self.hasher.update(bytes);
        Ok(())
    }

    /// Finishes the verification.
    ///
    /// # Errors
    ///
    /// - [`VerifyError::Size`]: there were fewer bytes than expected.
    /// - [`VerifyError::Digest`]: the content differs.
    pub fn finish(self) -> Result<(), VerifyError> {
        if self.seen != self.size {
            return Err(self.wrong_size());
        }
        let actual = self.hasher.finish();
        if actual != self.expected {
            return Err(VerifyError::Digest {
                expected: self.expected,
                actual,
            });
        }
        Ok(())
    }

    fn wrong_size(&self) -> VerifyError {
        VerifyError::Size {
            expected: self.size,
            actual: self.seen,
        }
    }
}

/// Content in memory that has been verified and need not be hashed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    descriptor: Descriptor,
    bytes: Bytes,
}

impl Verified {
    /// Verifies `bytes` against `descriptor`.
    ///
    /// # Errors
    ///
    /// [`VerifyError`]: the bytes are not the content of `descriptor`.
    pub fn new(descriptor: Descriptor, bytes: Bytes) -> Result<Self, VerifyError> {
        let mut verifier = Verifier::new(&descriptor)?;
        verifier.update(&bytes)?;
        verifier.finish()?;
        Ok(Self { descriptor, bytes })
    }

    /// Wraps bytes that a [`VerifiedContent`](crate::VerifiedContent) has verified.
    pub(crate) fn trusted(descriptor: Descriptor, bytes: Bytes) -> Self {
        Self { descriptor, bytes }
    }

    /// Describes `bytes` with their sha256 digest.
    pub fn of(media_type: MediaType, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            descriptor: Descriptor::of(media_type, &bytes),
            bytes,
        }
    }

    /// Replaces the descriptor by another one of the same content.
    ///
    /// # Errors
    ///
    /// [`VerifyError`]: digest or size differ.
    pub fn described_by(self, descriptor: Descriptor) -> Result<Self, VerifyError> {
        if descriptor.digest == self.descriptor.digest && descriptor.size == self.descriptor.size {
            return Ok(Self {
                descriptor,
                bytes: self.bytes,
            });
        }
        Self::new(descriptor, self.bytes)
    }

    /// Returns the descriptor.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Returns the content.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns the descriptor and the content.
    pub fn into_parts(self) -> (Descriptor, Bytes) {
        (self.descriptor, self.bytes)
    }
}
