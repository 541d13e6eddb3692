//! Reading content by descriptor.

use std::ops::Range;

use async_trait::async_trait;

use crate::{Content, Descriptor, Error, Manifest, Result, Verified};

/// How to fetch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FetchOptions {
    /// Which bytes to fetch; all where `None`, which is the default.
    pub range: Option<Range<u64>>,
}

impl FetchOptions {
    /// Fetches only these bytes, counted from the start of the content.
    #[must_use]
    pub fn with_range(mut self, range: Range<u64>) -> Self {
        self.range = Some(range);
        self
    }
}

/// A repository of a registry, as the place that content comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The registry: what two repositories must share for a mount.
    pub registry: String,
    /// The name of the repository.
    pub repository: String,
}

/// A store that content can be read from.
///
/// Implementers give what they have; callers use [`FetcherExt`], which verifies it.
#[async_trait]
pub trait Fetcher: Send + Sync {
    /// Opens the content of `target`, or a range of it, as the store has it.
    ///
    /// The bytes are not verified: engines that push them into a store leave that to the store. An error after the
    /// first frame is the last item of the content.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`]: the store does not have it.
    async fn fetch_opts(&self, target: &Descriptor, opts: FetchOptions) -> Result<Content>;

    /// The repository that this is, where it is one: content may then be mounted instead of copied.
    fn location(&self) -> Option<Location> {
        None
    }
}

/// What every [`Fetcher`] offers to those who read.
pub trait FetcherExt: Fetcher {
    /// Opens the content of `target`; it ends with an error unless it is that content.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`]: the store does not have it.
    /// - [`ErrorKind::Verify`]: its digest cannot be verified.
    fn fetch(&self, target: &Descriptor) -> impl Future<Output = Result<Content>> + Send {
        async {
            self.fetch_opts(target, FetchOptions::default())
                .await?
                .verified(target)
        }
    }

    /// Reads the content of `target` into memory.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`]: the store does not have it.
    /// - [`ErrorKind::SizeExceedsLimit`]: it has more than `limit` bytes; nothing was fetched.
    /// - [`ErrorKind::Verify`]: what the store has is something else.
    fn fetch_all(&self, target: &Descriptor, limit: u64) -> impl Future<Output = Result<Verified>> + Send {
        async move {
            if target.size > limit {
                return Err(Error::size_exceeds_limit(target.digest.to_string(), limit));
            }
            let content = self.fetch_opts(target, FetchOptions::default()).await?;
            content.read_all(target).await
        }
    }

    /// Reads the manifest of `target`.
    ///
    /// # Errors
    ///
    /// As [`fetch_all`](Self::fetch_all) and [`Manifest::parse`].
    fn fetch_manifest(
        &self,
        target: &Descriptor,
        limit: u64,
    ) -> impl Future<Output = Result<Manifest>> + Send {
        async move { Manifest::parse(self.fetch_all(target, limit).await?) }
    }
}

impl<T: Fetcher + ?Sized> FetcherExt for T {}

/// A store that can be asked whether it has content.
#[async_trait]
pub trait Exists: Send + Sync {
    /// Whether the store has the content of `target`.
    ///
    /// # Errors
    ///
    /// The store could not tell. "No" is not an error.
    async fn exists(&self, target: &Descriptor) -> Result<bool>;
}
