//! `PredecessorFinder` and `ReferrerLister` for `LayoutStore`.

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use oras_content::{Descriptor, PredecessorFinder, ReferrerLister, Result};

use crate::LayoutStore;

#[async_trait]
impl PredecessorFinder for LayoutStore {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        let digest = node.digest.clone();
        self.run(move |layout| layout.predecessors(&digest)).await
    }
}

impl ReferrerLister for LayoutStore {
    fn referrers(
        &self,
        subject: &Descriptor,
        artifact_type: Option<&str>,
    ) -> BoxStream<'_, Result<Descriptor>> {
        let digest = subject.digest.clone();
        let wanted = artifact_type.map(str::to_owned);
        let list = self.run(move |layout| layout.walk(|walk| walk.referrers(&digest, wanted.as_deref())));
        stream::once(list)
            .map_ok(|found| stream::iter(found.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }
}
