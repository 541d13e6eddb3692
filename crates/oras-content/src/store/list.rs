//! Listing what a store has.

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::{Descriptor, Manifest, Result};

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

/// A store whose content can be listed, tagged or not.
pub trait ContentLister: Send + Sync {
    /// All content, in no order. What the store knows no media type of is `application/octet-stream`.
    ///
    /// The listing is read as it is consumed; an error is its last item.
    fn contents(&self) -> BoxStream<'_, Result<Descriptor>>;
}

/// A store that knows which manifests refer to content.
#[async_trait]
pub trait PredecessorFinder: Send + Sync {
    /// The manifests that refer to `node`: as subject, layer, configuration or entry of an index.
    ///
    /// A registry only knows those that name `node` as their subject. Nothing refers to missing content.
    ///
    /// # Errors
    ///
    /// The store could not tell.
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>>;
}

/// A store that lists referrers.
///
/// Spec: distribution-spec v1.1, "Listing Referrers".
pub trait ReferrerLister: Send + Sync {
    /// The manifests that name `subject` as their subject, with artifact type and annotations; only those of
    /// `artifact_type` where one is given.
    ///
    /// The listing is read as it is consumed; an error is its last item.
    fn referrers(
        &self,
        subject: &Descriptor,
        artifact_type: Option<&str>,
    ) -> BoxStream<'_, Result<Descriptor>>;
}

/// A store whose listings of referrers are kept by its clients, so that a manifest can be there and not be listed.
///
/// Spec: distribution-spec v1.1, "Pushing Manifests with Subject" and "Referrers Tag Schema".
#[async_trait]
pub trait ReferrerKeeper: Send + Sync {
    /// Whether a manifest can be there and not be listed; `false` where the store is known to list by itself.
    fn is_needed(&self) -> bool;

    /// Lists `manifest` among the referrers of its subject, unless it is listed; says whether it was missing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotListed`](crate::ErrorKind::NotListed): it is missing and could not be listed.
    async fn ensure_listed(&self, manifest: &Manifest) -> Result<bool>;
}
