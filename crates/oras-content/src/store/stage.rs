//! Staging: writing content incrementally, before it is complete and verified.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::Pushed;
use crate::{Descriptor, Digest, Error, InvalidReference, Result};

/// A store that accepts content incrementally: a client's upload to a registry, a resumed download, or content that
/// arrives in several ranges at once.
#[async_trait]
pub trait Stager: Send + Sync {
    /// Starts new content, or resumes kept content.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): nothing is kept under the key, it is too old, or another
    ///   client has it open.
    /// - [`ErrorKind::WouldOverwrite`](crate::ErrorKind::WouldOverwrite): content already exists under the key.
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): a key was given, but the store cannot keep content.
    async fn stage(&self, opts: StageOptions) -> Result<Box<dyn Staged>>;

    /// Returns `true` if content with a key is kept across runs of the program.
    fn keeps(&self) -> bool {
        false
    }

    /// Discards all kept content that has not been written to for `age` and that nobody has open.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be used.
    async fn expire(&self, age: Duration) -> Result<()> {
        let _ = age;
        Ok(())
    }
}

/// Options for staging content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageOptions {
    /// The key to keep the content under when it is dropped. Default: `None`, dropped content is discarded.
    pub key: Option<StageKey>,
    /// Resume the content kept under the key; discard it if it has not been written to for this long. Default: `None`,
    /// start anew.
    pub resume: Option<Duration>,
}

impl StageOptions {
    /// Keeps the content under `key`.
    #[must_use]
    pub fn with_key(mut self, key: StageKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Resumes content that was written to within `age`.
    #[must_use]
    pub fn with_resume(mut self, age: Duration) -> Self {
        self.resume = Some(age);
        self
    }
}

/// The key that staged content is kept under: the digest it will have, or an id chosen by the caller.
///
/// Only one owner can have the content of a key open, across processes too.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StageKey(Box<str>);

impl StageKey {
    /// Upper bound on a key's length: enough for the algorithm name and digits of any digest that can be verified.
    pub const MAX_LEN: usize = 160;

    /// Creates a key from an id of 1 to 160 ASCII letters and digits.
    ///
    /// # Errors
    ///
    /// [`InvalidReference`]: the id has another form.
    pub fn id(id: &str) -> Result<Self, InvalidReference> {
        let fits = (1..=Self::MAX_LEN).contains(&id.len());
        if !fits || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(InvalidReference::new(id, "an id has 1 to 160 letters and digits"));
        }
        Ok(Self(id.into()))
    }

    /// Creates a key for content that will have this digest.
    ///
    /// # Errors
    ///
    /// [`InvalidReference`]: content cannot be verified against the digest.
    pub fn digest(digest: &Digest) -> Result<Self, InvalidReference> {
        match digest.algorithm() {
            Some(algorithm) => Self::id(&format!("{}{}", algorithm.name(), digest.encoded())),
            None => Err(InvalidReference::new(
                digest.as_str(),
                "its algorithm is not supported",
            )),
        }
    }

    /// Returns the letters and digits of the key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Content being staged. Dropping it discards the bytes, unless it has a [`StageKey`].
#[async_trait]
pub trait Staged: Send + Sync {
    /// Returns the number of contiguous bytes from the start.
    fn len(&self) -> u64;

    /// Returns `true` if the first byte is missing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the missing ranges before the last byte written, in order. A store that accepts content only in order
    /// has no holes.
    fn holes(&self) -> Vec<Range<u64>> {
        Vec::new()
    }

    /// Appends bytes after the first [`len`](Self::len) ones.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot write. This value is then unusable, but content kept under a key can be resumed.
    async fn append(&mut self, bytes: Bytes) -> Result<()>;

    /// Writes bytes at any offset. By default, only offset [`len`](Self::len) is accepted, as in
    /// [`append`](Self::append).
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store accepts content only in order.
    /// - As for [`append`](Self::append).
    async fn write_at(&mut self, offset: u64, bytes: Bytes) -> Result<()> {
        if offset != self.len() {
            return Err(Error::unsupported("writing content out of order"));
        }
        self.append(bytes).await
    }

    /// Makes the bytes written so far survive the end of the program, if the content has a key.
    ///
    /// # Errors
    ///
    /// As for [`append`](Self::append).
    async fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    /// Discards the bytes, with or without a key.
    async fn discard(self: Box<Self>) {}

    /// Verifies the bytes and stores them as the content of `expected`, unless the store already has it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Verify`](crate::ErrorKind::Verify): the bytes do not match `expected`, or have holes.
    async fn commit(self: Box<Self>, expected: &Descriptor) -> Result<Pushed>;
}
