//! Walking the graph against its edges.

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::{Descriptor, Result};

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

    /// The way to list referrers with their artifact type and annotations, filtered.
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
