//! A repository under a layer, as a store.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use oras_content::{
    Deleter, Descriptor, Digest, Error, Name, OpenOptions, Opened, Payload, PredecessorFinder, PushOptions,
    Pushed, ResolveOptions, Resolved, Result, StageOptions, Staged, Stager, Store, StoreExt, Tag,
    TagListOptions, TagLister, Untagger, Writer, WriterExt,
};

use super::layer::Layer;

/// A repository that reads from `below` and writes to `layer`.
#[derive(Clone)]
pub(super) struct Overlaid {
    layer: Arc<Layer>,
    below: Option<Arc<dyn Store>>,
}

impl Overlaid {
    pub(super) fn new(layer: Arc<Layer>, below: Option<Arc<dyn Store>>) -> Self {
        Self { layer, below }
    }

    /// Returns the store below, unless this content is hidden there.
    fn below_for(&self, content: &Digest) -> Option<&dyn Store> {
        self.below.as_deref().filter(|_| !self.layer.hides(content))
    }

    async fn exists_below(&self, target: &Descriptor) -> Result<bool> {
        match self.below_for(&target.digest) {
            Some(below) => below.exists(target).await,
            None => Ok(false),
        }
    }

    /// Resolves a tag or digest below, unless it or its content is hidden.
    async fn resolve_below(&self, name: &Name) -> Result<Descriptor> {
        let missing = || Error::not_found(name);
        let below = self.below.as_deref().ok_or_else(missing)?;
        if self.layer.hides_tag(name.as_str()) {
            return Err(missing());
        }
        let found = below.resolve(name).await?;
        match self.layer.hides(&found.digest) {
            true => Err(missing()),
            false => Ok(found),
        }
    }

    async fn tags_below(&self, opts: TagListOptions) -> Result<Vec<String>> {
        let Some(below) = self.below.as_deref() else {
            return Ok(Vec::new());
        };
        let mut tags: Vec<String> = below.as_tag_lister()?.tags(opts).try_collect().await?;
        tags.retain(|tag| !self.layer.hides_tag(tag));
        if self.layer.hides_no_content() {
            return Ok(tags);
        }
        let mut left = Vec::new();
        for tag in tags {
            let Ok(name) = tag.parse() else { continue };
            match self.resolve_below(&name).await {
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

impl fmt::Display for Overlaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.below {
            Some(below) => write!(f, "{below}, changed in memory"),
            None => self.layer.added.fmt(f),
        }
    }
}

#[async_trait]
impl Store for Overlaid {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        match self.layer.added.open(target, opts).await {
            Err(error) if error.is_not_found() => match self.below_for(&target.digest) {
                Some(below) => below.open(target, opts).await,
                None => Err(error),
            },
            opened => opened,
        }
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        match self.layer.added.resolve_opts(name, opts).await {
            Err(error) if error.is_not_found() => Ok(self.resolve_below(name).await?.into()),
            resolved => resolved,
        }
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        Ok(self.layer.added.exists(target).await? || self.exists_below(target).await?)
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }

    fn stager(&self) -> Option<&dyn Stager> {
        Some(self)
    }

    fn deleter(&self) -> Option<&dyn Deleter> {
        Some(self)
    }

    fn untagger(&self) -> Option<&dyn Untagger> {
        Some(self)
    }

    fn tag_lister(&self) -> Option<&dyn TagLister> {
        Some(self)
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        Some(self)
    }
}

#[async_trait]
impl Writer for Overlaid {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        if opts.force || !self.exists_below(expected).await? {
            return self.layer.added.push_opts(expected, payload, opts).await;
        }
        for tag in &opts.tags {
            self.set_tag(expected, tag).await?;
        }
        Ok(Pushed::Present)
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        let added = &self.layer.added;
        if !added.exists(target).await? && self.exists_below(target).await? {
            // A tag in the layer needs its content in the layer.
            let opened = self.open(target, OpenOptions::default()).await?;
            added.push(target, Payload::once(opened.content)).await?;
        }
        added.set_tag(target, tag).await
    }
}

#[async_trait]
impl Stager for Overlaid {
    async fn stage(&self, opts: StageOptions) -> Result<Box<dyn Staged>> {
        Ok(Box::new(OverlaidStaged {
            added: self.layer.added.stage(opts).await?,
            repository: self.clone(),
        }))
    }
}

/// Staged content for the layer, unless the backend below already has it.
struct OverlaidStaged {
    added: Box<dyn Staged>,
    repository: Overlaid,
}

#[async_trait]
impl Staged for OverlaidStaged {
    fn len(&self) -> u64 {
        self.added.len()
    }

    fn holes(&self) -> Vec<Range<u64>> {
        self.added.holes()
    }

    async fn append(&mut self, bytes: Bytes) -> Result<()> {
        self.added.append(bytes).await
    }

    async fn write_at(&mut self, offset: u64, bytes: Bytes) -> Result<()> {
        self.added.write_at(offset, bytes).await
    }

    async fn commit(self: Box<Self>, expected: &Descriptor) -> Result<Pushed> {
        // The content is verified in any case, and may exist twice for a moment.
        let pushed = self.added.commit(expected).await?;
        if !expected.is_manifest() && self.repository.exists_below(expected).await? {
            self.repository.layer.added.delete(expected).await?;
            return Ok(Pushed::Present);
        }
        Ok(pushed)
    }
}

#[async_trait]
impl Untagger for Overlaid {
    async fn untag(&self, tag: &Tag) -> Result<()> {
        let is_below = self.resolve_below(&tag.into()).await.is_ok();
        match self.layer.added.untag(tag).await {
            Err(error) if error.is_not_found() && is_below => {}
            untagged => untagged?,
        }
        self.layer.hide_tag(tag.as_str());
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
            Some(below) => below.as_predecessor_finder()?.predecessors(node).await?,
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
