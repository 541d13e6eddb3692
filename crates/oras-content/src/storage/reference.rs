//! Tags and other names of content.

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::{Descriptor, Result, Source, Verified};

/// A store that knows names.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// Resolves a tag or digest to its descriptor.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): nothing has this name.
    /// - [`ErrorKind::MissingName`](crate::ErrorKind::MissingName): `reference` is empty.
    async fn resolve(&self, reference: &str) -> Result<Descriptor>;

    /// One-request resolve and fetch, if supported.
    fn reference_fetcher(&self) -> Option<&dyn ReferenceFetcher> {
        None
    }
}

/// A store that resolves and fetches a manifest in one step.
#[async_trait]
pub trait ReferenceFetcher: Send + Sync {
    /// Resolves `reference` and fetches its manifest.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): nothing has this name.
    /// - [`ErrorKind::SizeExceedsLimit`](crate::ErrorKind::SizeExceedsLimit): it has more than `limit` bytes.
    /// - [`ErrorKind::Verify`](crate::ErrorKind::Verify): the content is not what its name or the store says.
    async fn fetch_reference(&self, reference: &str, limit: u64) -> Result<Verified>;
}

/// A store that pushes and tags a manifest in one step.
#[async_trait]
pub trait ReferencePusher: Send + Sync {
    /// Stores the manifest of `expected` and makes `reference` stand for it.
    ///
    /// Content that is there already is no error here.
    ///
    /// # Errors
    ///
    /// As [`Pusher::push_opts`](super::Pusher::push_opts).
    async fn push_reference(&self, expected: &Descriptor, body: Source, reference: &str) -> Result<()>;
}

/// A store that names can be given in.
#[async_trait]
pub trait Tagger: Send + Sync {
    /// Makes `reference` stand for `target`, whatever it stood for before.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the store does not have the content.
    /// - [`ErrorKind::MissingName`](crate::ErrorKind::MissingName): `reference` is empty.
    /// - [`ErrorKind::InvalidReference`](crate::ErrorKind::InvalidReference): it cannot be a tag.
    async fn tag(&self, target: &Descriptor, reference: &str) -> Result<()>;
}

/// A store that names can be taken from.
#[async_trait]
pub trait Untagger: Send + Sync {
    /// Removes the tag `reference`. The content stays.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): there is no such tag.
    /// - [`ErrorKind::InvalidReference`](crate::ErrorKind::InvalidReference): it is a digest.
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store does not remove tags.
    async fn untag(&self, reference: &str) -> Result<()>;
}

/// How to list tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TagListOptions {
    /// Only tags after this one; all where `None`, which is the default.
    pub last: Option<String>,
    /// How many tags to ask for at a time; the store decides where `None`, which is the default.
    pub page_size: Option<usize>,
}

impl TagListOptions {
    /// Lists only the tags after `last`.
    #[must_use]
    pub fn with_last(mut self, last: impl Into<String>) -> Self {
        self.last = Some(last.into());
        self
    }

    /// Asks for `page_size` tags at a time.
    #[must_use]
    pub fn with_page_size(mut self, page_size: usize) -> Self {
        self.page_size = Some(page_size);
        self
    }
}

/// A store whose tags can be listed.
pub trait TagLister: Send + Sync {
    /// The tags, in the order of the store: lexical in all of this library's own.
    ///
    /// The listing is read as it is consumed; an error is its last item.
    fn tags(&self, opts: TagListOptions) -> BoxStream<'_, Result<String>>;
}
