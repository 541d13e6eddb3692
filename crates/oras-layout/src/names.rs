//! Names: the traits by which the store finds, gives and lists tags.

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use oras_content::{
    Descriptor, Digest, Error, FetcherExt, InvalidReference, ReferenceFetcher, Resolver, Result,
    TagListOptions, TagLister, Tagger, Untagger, Verified,
};

use crate::LayoutStore;
use crate::edit::Edit;

/// The longest tag of a layout, in bytes. It may be the whole name of an image.
const MAX_NAME: usize = 1024;

#[async_trait]
impl Resolver for LayoutStore {
    async fn resolve(&self, reference: &str) -> Result<Descriptor> {
        let reference = reference.to_owned();
        self.run(move |layout| layout.resolve(&reference)).await
    }

    fn reference_fetcher(&self) -> Option<&dyn ReferenceFetcher> {
        Some(self)
    }
}

#[async_trait]
impl ReferenceFetcher for LayoutStore {
    async fn fetch_reference(&self, reference: &str, limit: u64) -> Result<Verified> {
        let target = self.resolve(reference).await?;
        self.fetch_all(&target, limit).await
    }
}

#[async_trait]
impl Tagger for LayoutStore {
    async fn tag(&self, target: &Descriptor, reference: &str) -> Result<()> {
        let name = check_name(target, reference)?;
        let target = target.clone();
        self.run(move |layout| layout.tag(&target, name.as_deref())).await
    }
}

#[async_trait]
impl Untagger for LayoutStore {
    async fn untag(&self, reference: &str) -> Result<()> {
        if reference.parse::<Digest>().is_ok() {
            return Err(InvalidReference::new(reference, "a digest cannot be untagged").into());
        }
        let name = reference.to_owned();
        self.run(move |layout| layout.edit(vec![Edit::Untag(name)])).await
    }
}

impl TagLister for LayoutStore {
    fn tags(&self, opts: TagListOptions) -> BoxStream<'_, Result<String>> {
        let list = self.run(move |layout| Ok(layout.index()?.tags_after(opts.last.as_deref())));
        stream::once(list)
            .map_ok(|tags| stream::iter(tags.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }
}

/// The tag that `reference` is for `target`; none where it is the digest of `target`.
pub(crate) fn check_name(target: &Descriptor, reference: &str) -> Result<Option<String>> {
    if reference.is_empty() {
        return Err(Error::missing_name(target.digest.to_string()));
    }
    if reference == target.digest.as_str() {
        return Ok(None);
    }
    let refuse = |reason| Err(InvalidReference::new(reference, reason).into());
    if reference.parse::<Digest>().is_ok() {
        return refuse("a digest cannot stand for other content");
    }
    if reference.len() > MAX_NAME {
        return refuse("a tag of a layout has at most 1024 bytes");
    }
    if reference.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refuse("a tag has no spaces and no control characters");
    }
    Ok(Some(reference.to_owned()))
}
