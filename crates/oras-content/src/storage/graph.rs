//! Walking the graph against its edges.

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::{Descriptor, Manifest, Result};

/// A store that knows which manifests refer to content.
#[async_trait]
pub trait PredecessorFinder: Send + Sync {
    /// The manifests that refer to `node`: as subject, layer, configuration or entry of an index.
    ///
    /// A registry only knows those that name `node` as their subject. Nothing refers to content that is not there.
    ///
    /// # Errors
    ///
    /// The store could not tell.
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>>;

    /// Listings of referrers with artifact type and annotations, filtered, if supported.
    fn referrer_lister(&self) -> Option<&dyn ReferrerLister> {
        None
    }
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
