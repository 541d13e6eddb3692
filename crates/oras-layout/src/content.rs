//! `Store`, `Writer`, `Deleter` and `ContentLister` for `LayoutStore`.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use oras_content::{
    Batch, ContentLister, Deleter, Descriptor, Error, MAX_MANIFEST_BYTES, Manifest, Name, OpenOptions,
    Opened, Payload, PredecessorFinder, PushOptions, Pushed, ReferrerLister, ResolveOptions, Resolved,
    Result, Stager, Store, Tag, TagLister, Untagger, Verified, Writer,
};

use crate::edit::{Edit, tag_edits};
use crate::listing::Listing;
use crate::relied::Relied;
use crate::writer::BlobWriter;
use crate::{LayoutBatch, LayoutStore, reader, tags};

impl fmt::Display for LayoutStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path().display().fmt(f)
    }
}

#[async_trait]
impl Store for LayoutStore {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        let target = target.clone();
        self.run(move |layout| {
            let file = layout.blobs().open(&target)?;
            reader::open(file, target.digest.to_string(), 0, target.size, opts)
        })
        .await
    }

    async fn resolve_opts(&self, name: &Name, _: ResolveOptions) -> Result<Resolved> {
        let name = name.clone();
        self.run(move |layout| Ok(layout.resolve(&name)?.into())).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        let target = target.clone();
        self.run(move |layout| layout.exists(&target)).await
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

    fn content_lister(&self) -> Option<&dyn ContentLister> {
        Some(self)
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        Some(self)
    }

    fn referrer_lister(&self) -> Option<&dyn ReferrerLister> {
        Some(self)
    }
}

#[async_trait]
impl Writer for LayoutStore {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        let (pushed, edits) = self.take(expected, payload, opts).await?;
        if !edits.is_empty() {
            self.run(move |layout| layout.list(edits)).await?;
        }
        Ok(pushed)
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        let edits = self.tag_edits(target, tag).await?;
        self.run(move |layout| layout.edit(edits)).await
    }

    fn batch(&self) -> Option<Box<dyn Batch + '_>> {
        Some(Box::new(LayoutBatch::new(self)))
    }
}

impl LayoutStore {
    /// Stores content if it is missing or to be replaced. Returns the edits that list and tag it.
    pub(crate) async fn take(
        &self,
        expected: &Descriptor,
        payload: Payload,
        opts: PushOptions,
    ) -> Result<(Pushed, Vec<Edit>)> {
        for tag in &opts.tags {
            tags::check(tag)?;
        }
        if !opts.force
            && let Some(mut edits) = self.holds(expected).await?
        {
            edits.extend(tag_edits(expected, opts.tags));
            return Ok((Pushed::Present, edits));
        }
        if let Some(content) = in_memory(expected, &payload).await? {
            let edits = edits(&content, opts.tags, &self.layout.blobs().relied)?;
            self.run(move |layout| layout.keep(&content)).await?;
            return Ok((Pushed::Stored, edits));
        }
        let pushed = self.stream(expected, payload, opts.force).await?;
        if opts.tags.is_empty() {
            return Ok((pushed, Vec::new()));
        }
        let target = expected.clone();
        let edits = self.run(move |layout| layout.tag(&target, opts.tags)).await?;
        Ok((pushed, edits))
    }

    pub(crate) async fn tag_edits(&self, target: &Descriptor, tag: &Tag) -> Result<Vec<Edit>> {
        tags::check(tag)?;
        let (target, tags) = (target.clone(), vec![tag.clone()]);
        self.run(move |layout| layout.tag(&target, tags)).await
    }

    async fn holds(&self, target: &Descriptor) -> Result<Option<Vec<Edit>>> {
        let target = target.clone();
        self.run(move |layout| layout.holds(&target)).await
    }

    pub(crate) async fn stream(
        &self,
        expected: &Descriptor,
        payload: Payload,
        force: bool,
    ) -> Result<Pushed> {
        let to = Arc::clone(&self.layout);
        BlobWriter::store(to, expected, payload, force).await
    }
}

/// The edits that list and tag content. The manifest is parsed here, not on one of many blocking threads, each of which
/// would keep the memory of a large one.
fn edits(content: &Verified, tags: Vec<Tag>, relied: &Relied) -> Result<Vec<Edit>> {
    let target = content.descriptor();
    let list = match target.is_manifest() {
        true => {
            let mut listing = Listing::new(&Manifest::parse(content.clone())?);
            relied.share(&mut listing.edges);
            Some(Edit::List(Arc::new(listing)))
        }
        false => None,
    };
    Ok(list.into_iter().chain(tag_edits(target, tags)).collect())
}

/// Verified content in memory. Manifests are read into memory for this; other content must be there already.
pub(crate) async fn in_memory(expected: &Descriptor, payload: &Payload) -> Result<Option<Verified>> {
    if payload.as_verified().is_some() {
        return payload.read_all(expected).await.map(Some);
    }
    if !expected.is_manifest() {
        return Ok(None);
    }
    if expected.size > MAX_MANIFEST_BYTES {
        return Err(Error::size_exceeds_limit(
            expected.digest.to_string(),
            MAX_MANIFEST_BYTES,
        ));
    }
    payload.read_all(expected).await.map(Some)
}

/// Content is identified by its digest alone: all its entries are removed, whatever else they contain. Its referrers
/// stay. Manifests that were listed only by a removed index get entries of their own, and [`gc`](LayoutStore::gc)
/// removes those that are not wanted.
#[async_trait]
impl Deleter for LayoutStore {
    async fn delete(&self, target: &Descriptor) -> Result<()> {
        let target = target.clone();
        self.run(move |layout| layout.delete(&target)).await
    }
}

/// Manifests that are not reachable from an entry of the index are returned as blobs, because their media type is not
/// recorded.
impl ContentLister for LayoutStore {
    fn contents(&self) -> BoxStream<'_, Result<Descriptor>> {
        stream::once(self.run(crate::layout::Layout::contents))
            .map_ok(|found| stream::iter(found.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }
}
