//! Listing tags, content, predecessors and referrers.

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::{Descriptor, Manifest, Result};

/// Options for listing tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TagListOptions {
    /// Only list tags after this one. Default: `None`, all tags.
    pub last: Option<String>,
    /// Number of tags to request at a time. Default: `None`, the store decides.
    pub page_size: Option<usize>,
}

impl TagListOptions {
    /// Lists only tags after `last`.
    #[must_use]
    pub fn with_last(mut self, last: impl Into<String>) -> Self {
        self.last = Some(last.into());
        self
    }

    /// Requests `page_size` tags at a time.
    #[must_use]
    pub fn with_page_size(mut self, page_size: usize) -> Self {
        self.page_size = Some(page_size);
        self
    }
}

/// A store that can list its tags.
pub trait TagLister: Send + Sync {
    /// Lists the tags in the store's order, which is lexical in all stores of this library.
    ///
    /// Pages are fetched as the stream is consumed. After an error, the stream ends.
    fn tags(&self, opts: TagListOptions) -> BoxStream<'_, Result<String>>;
}

/// A store that can list its content, tagged or not.
pub trait ContentLister: Send + Sync {
    /// Lists all content in no particular order. If the media type is unknown, `application/octet-stream` is used.
    ///
    /// The listing is read as the stream is consumed. After an error, the stream ends.
    fn contents(&self) -> BoxStream<'_, Result<Descriptor>>;
}

/// A store that can find the predecessors of content.
#[async_trait]
pub trait PredecessorFinder: Send + Sync {
    /// Finds the manifests that refer to `node`: as subject, layer, configuration or entry of an index.
    ///
    /// A registry knows only those that name `node` as their subject. Content the store does not have has no
    /// predecessors.
    ///
    /// # Errors
    ///
    /// Any error of the store.
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>>;
}

/// A store that can list referrers.
///
/// Spec: distribution-spec v1.1, "Listing Referrers".
pub trait ReferrerLister: Send + Sync {
    /// Lists the manifests that name `subject` as their subject, with artifact type and annotations, optionally only
    /// those of `artifact_type`.
    ///
    /// Pages are fetched as the stream is consumed. After an error, the stream ends.
    fn referrers(
        &self,
        subject: &Descriptor,
        artifact_type: Option<&str>,
    ) -> BoxStream<'_, Result<Descriptor>>;
}

/// A store whose lists of referrers are maintained by its clients, so that an existing manifest may be missing from
/// them.
///
/// Spec: distribution-spec v1.1, "Pushing Manifests with Subject" and "Referrers Tag Schema".
#[async_trait]
pub trait ReferrerKeeper: Send + Sync {
    /// Returns `true` if manifests may be missing from lists, and `false` if the store is known to maintain them
    /// itself.
    fn is_needed(&self) -> bool;

    /// Adds `manifest` to its subject's list of referrers unless it is listed. Returns whether it was missing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotListed`](crate::ErrorKind::NotListed): the manifest is missing and could not be added.
    async fn ensure_listed(&self, manifest: &Manifest) -> Result<bool>;
}
