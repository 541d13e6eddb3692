//! Verification: that content is what its descriptor says.

use bytes::Bytes;

use crate::{Descriptor, Digest, Hasher, MediaType, VerifyError};

/// Checks bytes against a descriptor as they come: the length at once, the digest at the end.
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
    /// Starts to verify the content of `expected`.
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

    /// Goes on to verify the content of `expected` from what was [saved](Self::save); `None` where that is not the state of
    /// a verification by this algorithm, or of more bytes than there are.
    ///
    /// Whoever goes on has to know that the bytes which were added are still what they were: they are not looked at again.
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

    /// What was verified so far, as [`Hasher::save`] gives it.
    pub fn save(&self) -> Option<Vec<u8>> {
        self.hasher.save()
    }

    /// How many bytes were added.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Adds the next bytes.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Size`]: there are more bytes than promised.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), VerifyError> {
        self.seen = self.seen.saturating_add(bytes.len() as u64);
        if self.seen > self.size {
            return Err(self.wrong_size());
        }
        self.hasher.update(bytes);
        Ok(())
    }

    /// Says that there are no more bytes.
    ///
    /// # Errors
    ///
    /// - [`VerifyError::Size`]: there were fewer bytes than promised.
    /// - [`VerifyError::Digest`]: the content is another one.
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

/// Content in memory that was compared with its descriptor once and need not be hashed again.
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

    /// What a [`VerifiedContent`](crate::VerifiedContent) has already compared.
    pub(crate) fn trusted(descriptor: Descriptor, bytes: Bytes) -> Self {
        Self { descriptor, bytes }
    }

    /// Describes `bytes`, with their sha256 digest.
    pub fn of(media_type: MediaType, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            descriptor: Descriptor::of(media_type, &bytes),
            bytes,
        }
    }

    /// The same content under a descriptor that says more, or less, about it.
    ///
    /// # Errors
    ///
    /// [`VerifyError`]: the digest or the size is another one.
    pub fn described_by(self, descriptor: Descriptor) -> Result<Self, VerifyError> {
        if descriptor.digest == self.descriptor.digest && descriptor.size == self.descriptor.size {
            return Ok(Self {
                descriptor,
                bytes: self.bytes,
            });
        }
        Self::new(descriptor, self.bytes)
    }

    /// What the content is.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// The content.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The descriptor and the content.
    pub fn into_parts(self) -> (Descriptor, Bytes) {
        (self.descriptor, self.bytes)
    }
}
