//! A repository with a layer over it: the traits of a store.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use oras_content::{
    Content, Deleter, Descriptor, Digest, Error, Exists, FetchOptions, Fetcher, Ingest, Ingester,
    PredecessorFinder, PushOptions, Pushed, Pusher, PusherExt, Resolver, Result, Source, TagListOptions,
    TagLister, Tagger, Untagger,
};

use super::layer::Layer;
use crate::backend::Repository;

/// A repository of which `below` is read, and `layer` is written.
#[derive(Clone)]
pub(super) struct Overlaid {
    layer: Arc<Layer>,
    below: Option<Arc<dyn Repository>>,
}

impl Overlaid {
    pub(super) fn new(layer: Arc<Layer>, below: Option<Arc<dyn Repository>>) -> Self {
        Self { layer, below }
    }

    /// What is below, where this content is not hidden there.
    fn below_for(&self, content: &Digest) -> Option<&dyn Repository> {
        self.below.as_deref().filter(|_| !self.layer.hides(content))
    }

    async fn exists_below(&self, target: &Descriptor) -> Result<bool> {
        match self.below_for(&target.digest) {
            Some(below) => below.exists(target).await,
            None => Ok(false),
        }
    }

    /// What is below under this tag or digest, where neither it nor what it leads to is hidden.
    async fn resolve_below(&self, reference: &str) -> Result<Descriptor> {
        let missing = || Error::not_found(reference);
        let below = self.below.as_deref().ok_or_else(missing)?;
        if self.layer.hides_tag(reference) {
            return Err(missing());
        }
        let found = below.resolve(reference).await?;
        match self.layer.hides(&found.digest) {
            true => Err(missing()),
            false => Ok(found),
        }
    }

    async fn tags_below(&self, opts: TagListOptions) -> Result<Vec<String>> {
        let Some(below) = self.below.as_deref() else {
            return Ok(Vec::new());
        };
        let mut tags: Vec<String> = below.tags(opts).try_collect().await?;
        tags.retain(|tag| !self.layer.hides_tag(tag));
        if self.layer.hides_no_content() {
            return Ok(tags);
        }
        let mut left = Vec::new();
        for tag in tags {
            match self.resolve_below(&tag).await {
                Err(error) if error.is_not_found() => {}
                resolved => {
                    resolved?;
                    left.push(tag);
                }
            }
        }
        Ok(left)
    }

    async fn all_tags(&self, opts: TagListOptions) -> Result<BTreeSet<String>> {
        let added: Vec<String> = self.layer.added.tags(opts.clone()).try_collect().await?;
        let below = self.tags_below(opts).await?;
        Ok(added.into_iter().chain(below).collect())
    }
}

#[async_trait]
impl Fetcher for Overlaid {
    async fn fetch_opts(&self, target: &Descriptor, opts: FetchOptions) -> Result<Content> {
        match self.layer.added.fetch_opts(target, opts.clone()).await {
            Err(error) if error.is_not_found() => match self.below_for(&target.digest) {
                Some(below) => below.fetch_opts(target, opts).await,
                None => Err(error),
            },
            fetched => fetched,
        }
    }
}

#[async_trait]
impl Exists for Overlaid {
    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        Ok(self.layer.added.exists(target).await? || self.exists_below(target).await?)
    }
}

#[async_trait]
impl Pusher for Overlaid {
    async fn push_opts(&self, expected: &Descriptor, body: Source, opts: PushOptions) -> Result<Pushed> {
        match !opts.force && self.exists_below(expected).await? {
            true => Ok(Pushed::Present),
            false => self.layer.added.push_opts(expected, body, opts).await,
        }
    }

    fn ingester(&self) -> Option<&dyn Ingester> {
        Some(self)
    }
}

#[async_trait]
impl Ingester for Overlaid {
    async fn ingest(&self) -> Result<Box<dyn Ingest>> {
        Ok(Box::new(OverlaidIngest {
            added: self.layer.added.ingest().await?,
            repository: self.clone(),
        }))
    }
}

/// Content on its way into memory, where it is not below already.
struct OverlaidIngest {
    added: Box<dyn Ingest>,
    repository: Overlaid,
}

#[async_trait]
impl Ingest for OverlaidIngest {
    fn len(&self) -> u64 {
        self.added.len()
    }

    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.added.write(bytes).await
    }

    async fn commit(self: Box<Self>, expected: &Descriptor) -> Result<Pushed> {
        // What was written is verified in any case, and then known twice for a moment.
        let pushed = self.added.commit(expected).await?;
        if !expected.is_manifest() && self.repository.exists_below(expected).await? {
            self.repository.layer.added.delete(expected).await?;
            return Ok(Pushed::Present);
        }
        Ok(pushed)
    }
}

#[async_trait]
impl Resolver for Overlaid {
    async fn resolve(&self, reference: &str) -> Result<Descriptor> {
        match self.layer.added.resolve(reference).await {
            Err(error) if error.is_not_found() => self.resolve_below(reference).await,
            resolved => resolved,
        }
    }
}

#[async_trait]
impl Tagger for Overlaid {
    async fn tag(&self, target: &Descriptor, reference: &str) -> Result<()> {
        let added = &self.layer.added;
        if !added.exists(target).await? && self.exists_below(target).await? {
            // A tag is kept beside what it leads to.
            let content = self.fetch_opts(target, FetchOptions::default()).await?;
            added.push(target, Source::once(content)).await?;
        }
        added.tag(target, reference).await
    }
}

#[async_trait]
impl Untagger for Overlaid {
    async fn untag(&self, reference: &str) -> Result<()> {
        let is_below = self.resolve_below(reference).await.is_ok();
        match self.layer.added.untag(reference).await {
            Err(error) if error.is_not_found() && is_below => {}
            untagged => untagged?,
        }
        self.layer.hide_tag(reference);
        Ok(())
    }
}

#[async_trait]
impl Deleter for Overlaid {
    async fn delete(&self, target: &Descriptor) -> Result<()> {
        let is_below = self.exists_below(target).await?;
        self.layer.hide(&target.digest);
        match self.layer.added.delete(target).await {
            Err(error) if error.is_not_found() && is_below => Ok(()),
            deleted => deleted,
        }
    }
}

impl TagLister for Overlaid {
    fn tags(&self, opts: TagListOptions) -> BoxStream<'_, Result<String>> {
        stream::once(self.all_tags(opts))
            .map_ok(|tags| stream::iter(tags.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }
}

#[async_trait]
impl PredecessorFinder for Overlaid {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        let mut found = self.layer.added.predecessors(node).await?;
        let below = match self.below.as_deref() {
            Some(below) => below.predecessors(node).await?,
            None => Vec::new(),
        };
        for manifest in below {
            let is_known = found.iter().any(|known| known.digest == manifest.digest);
            if !is_known && !self.layer.hides(&manifest.digest) {
                found.push(manifest);
            }
        }
        Ok(found)
    }
}
