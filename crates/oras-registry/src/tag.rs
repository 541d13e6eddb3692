//! Tags: giving, taking, listing.

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use oras_content::{
    Descriptor, Digest, Error, InvalidReference, Manifest, Result, TagListOptions, TagLister, Tagger,
    Untagger, check_tag,
};
use serde::Deserialize;

use crate::Repository;
use crate::page::{Pages, query};

#[async_trait]
impl Tagger for Repository {
    /// The protocol knows tags only as names of pushes: the manifest is read and pushed under its new name.
    async fn tag(&self, target: &Descriptor, reference: &str) -> Result<()> {
        if reference.is_empty() {
            let what = self.describe(target);
            return Err(Error::MissingReference { what });
        }
        let named = self.named(target.digest.as_str())?;
        if let Ok(digest) = reference.parse::<Digest>() {
            return self.tag_with_digest(target, &digest).await;
        }
        check_tag(reference)?;
        let content = self
            .get_manifest(&named, self.core.options.max_manifest_bytes)
            .await?;
        self.put_named(&Manifest::parse(content)?, reference)
            .await
            .map(drop)
    }
}

impl Repository {
    /// A digest is the name of its own content already.
    async fn tag_with_digest(&self, target: &Descriptor, digest: &Digest) -> Result<()> {
        if *digest != target.digest {
            let reason = "a digest cannot stand for other content";
            return Err(InvalidReference::new(digest.as_str(), reason).into());
        }
        match self.manifest_exists(target).await? {
            true => Ok(()),
            false => Err(Error::not_found(self.describe(target))),
        }
    }
}

#[async_trait]
impl Untagger for Repository {
    /// Spec: distribution-spec v1.1, "Deleting tags".
    async fn untag(&self, reference: &str) -> Result<()> {
        if reference.parse::<Digest>().is_ok() {
            return Err(InvalidReference::new(reference, "a digest cannot be untagged").into());
        }
        check_tag(reference)?;
        match self.delete_reference(reference).await {
            Err(Error::Protocol { what, source }) => Err(Error::Unsupported {
                what: what.reworded(format!("removing the tag {what}")),
                source: Some(source),
            }),
            done => done,
        }
    }
}

impl TagLister for Repository {
    /// Spec: distribution-spec v1.1, "Listing Tags".
    fn tags(&self, opts: TagListOptions) -> BoxStream<'_, Result<String>> {
        self.read_listing(move |place| place.tags_here(opts.clone()))
    }
}

impl Repository {
    fn tags_here(&self, opts: TagListOptions) -> BoxStream<'_, Result<String>> {
        let entries = opts
            .page_size
            .or(self.core.options.page_size)
            .map(|size| size.to_string());
        let query = query(&[("n", entries.as_deref()), ("last", opts.last.as_deref())]);
        let first = self.core.url(&format!("/v2/{}/tags/list{query}", self.name));
        let pages = Pages::new(
            &self.core,
            first,
            self.core.subject(format!("the tags of {}", self.full_name)),
            self.pull(),
        );
        let lists = pages
            .into_stream()
            .and_then(|page| async move { page.json::<List>() });
        lists
            .map_ok(move |list| stream::iter(list.valid(opts.last.as_deref())))
            .try_flatten()
            .boxed()
    }
}

/// Spec: distribution-spec v1.1, "Listing Tags".
#[derive(Deserialize)]
struct List {
    tags: Option<Vec<serde_json::Value>>,
}

impl List {
    /// The entries that are tags: some registries list digests, empty texts or nothing at all among them; and some
    /// do not know where to start.
    fn valid(self, last: Option<&str>) -> Vec<Result<String>> {
        let entries = self.tags.unwrap_or_default().into_iter();
        let tags = entries.filter_map(|entry| match entry {
            serde_json::Value::String(tag) if check_tag(&tag).is_ok() => Some(tag),
            _ => None,
        });
        let listed: Vec<String> = tags.collect();
        let starts_over = last.is_some_and(|last| listed.iter().any(|tag| tag == last));
        let after = |tag: &String| !starts_over || last.is_none_or(|last| tag.as_str() > last);
        listed.into_iter().filter(after).map(Ok).collect()
    }
}
