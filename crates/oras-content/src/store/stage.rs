//! Staging: content that arrives bit by bit, before it has its name.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::Pushed;
use crate::{Descriptor, Digest, Error, InvalidReference, Result};

/// A store that takes content bit by bit: that of an upload to a registry, of a download that is resumed, or of one that
/// arrives in several ranges at once.
#[async_trait]
pub trait Stager: Send + Sync {
    /// Starts content, or goes on with what is kept of it.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): there is nothing to resume under the key, or it is too
    ///   old, or somebody else has it.
    /// - [`ErrorKind::WouldOverwrite`](crate::ErrorKind::WouldOverwrite): there is content under the key already.
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): there is a key, and the store keeps nothing.
    async fn stage(&self, opts: StageOptions) -> Result<Box<dyn Staged>>;

    /// Whether content that has a key is kept until the next run of the program.
    fn keeps(&self) -> bool {
        false
    }

    /// Discards all kept content that nothing was added to for this long, and that nobody has.
    ///
    /// # Errors
    ///
    /// The store cannot be used.
    async fn expire(&self, age: Duration) -> Result<()> {
        let _ = age;
        Ok(())
    }
}

/// How to stage content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageOptions {
    /// Under what the content is kept when it is dropped. Default: nothing, so that dropping it discards it.
    pub key: Option<StageKey>,
    /// Goes on with what is kept under the key, unless nothing was added to it for this long: then it is discarded.
    /// Default: the content starts anew.
    pub resume: Option<Duration>,
}

impl StageOptions {
    /// Keeps the content under `key`.
    #[must_use]
    pub fn with_key(mut self, key: StageKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Goes on with content that something was added to within `age`.
    #[must_use]
    pub fn with_resume(mut self, age: Duration) -> Self {
        self.resume = Some(age);
        self
    }
}

/// Under what staged content is kept: the digest that it will have, or an id that somebody gave it.
///
/// Whoever has the content of a key keeps others from it, those of other processes too.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StageKey(Box<str>);

impl StageKey {
    /// The most characters of a key: enough for the name and the digits of any digest that can be verified.
    pub const MAX_LEN: usize = 160;

    /// An id of 1 to 160 ASCII letters and digits.
    ///
    /// # Errors
    ///
    /// [`InvalidReference`]: it is not that.
    pub fn id(id: &str) -> Result<Self, InvalidReference> {
        let fits = (1..=Self::MAX_LEN).contains(&id.len());
        if !fits || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(InvalidReference::new(id, "an id has 1 to 160 letters and digits"));
        }
        Ok(Self(id.into()))
    }

    /// The key of content that will have this digest.
    ///
    /// # Errors
    ///
    /// [`InvalidReference`]: the digest is one that no content can be verified against.
    pub fn digest(digest: &Digest) -> Result<Self, InvalidReference> {
        match digest.algorithm() {
            Some(algorithm) => Self::id(&format!("{}{}", algorithm.name(), digest.encoded())),
            None => Err(InvalidReference::new(
                digest.as_str(),
                "its algorithm is not supported",
            )),
        }
    }

    /// The letters and digits of the key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Content under way into a store. Dropping it discards it, unless it has a [`StageKey`].
#[async_trait]
pub trait Staged: Send + Sync {
    /// How many bytes there are from the start to the first hole.
    fn len(&self) -> u64;

    /// Whether the first byte is missing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes that are missing before the last byte written, in order. A store that takes content only from start to
    /// end has no holes.
    fn holes(&self) -> Vec<Range<u64>> {
        Vec::new()
    }

    /// Adds bytes after the first [`len`](Self::len) ones.
    ///
    /// # Errors
    ///
    /// The store could not take them. The content cannot be continued; what is kept under a key can be resumed.
    async fn append(&mut self, bytes: Bytes) -> Result<()>;

    /// Writes bytes at an offset, before or beyond what is there. Only [`append`](Self::append)'s place is taken by
    /// default.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store takes content from start to end.
    /// - As [`append`](Self::append).
    async fn write_at(&mut self, offset: u64, bytes: Bytes) -> Result<()> {
        if offset != self.len() {
            return Err(Error::unsupported("writing content out of order"));
        }
        self.append(bytes).await
    }

    /// Puts what was written where it outlives the program, if the content has a key.
    ///
    /// # Errors
    ///
    /// As [`append`](Self::append).
    async fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    /// Discards what was written, with or without a key.
    async fn discard(self: Box<Self>) {}

    /// Verifies what was written and makes it the content of `expected`, unless the store has it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Verify`](crate::ErrorKind::Verify): what was written is something else, or has holes.
    async fn commit(self: Box<Self>, expected: &Descriptor) -> Result<Pushed>;
}
