//! Sets, removes and lists tags.

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use oras_content::{Descriptor, ErrorKind, Manifest, Result, Tag, TagListOptions, TagLister, Untagger};
use serde::Deserialize;

use crate::Repository;
use crate::error::unsupported_as;
use crate::page::{Page, Pages, query};

impl Repository {
    /// Reads the manifest and pushes it under the tag, because the protocol sets tags only by pushes.
    pub(crate) async fn tag_manifest(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        let named = self.named(&(&target.digest).into())?;
        tag.check()?;
        let limit = self.core.options.max_manifest_bytes;
        let content = self.get_manifest(&named, limit).await?;
        let manifest = Manifest::parse(content)?;
        self.put_named(&manifest, std::slice::from_ref(tag))
            .await
            .map(drop)
    }
}

#[async_trait]
impl Untagger for Repository {
    /// Spec: distribution-spec v1.1, "Deleting tags".
    async fn untag(&self, tag: &Tag) -> Result<()> {
        let name = tag.into();
        let what = self.named(&name)?.what;
        match self.delete_named(&name).await {
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::Protocol | ErrorKind::Rejected | ErrorKind::Unsupported
                ) =>
            {
                Err(unsupported_as(error, |_| format!("removing the tag {what}")))
            }
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
            self.core.subject(format!("the tag list of {}", self.full_name)),
            self.pull(),
        );
        let listed = pages.into_stream().and_then(move |page| {
            let tags = listed(&page, opts.last.as_deref());
            async move { tags.map(|tags| stream::iter(tags.into_iter().map(Ok))) }
        });
        listed.try_flatten().boxed()
    }
}

/// Spec: distribution-spec v1.1, "Listing Tags".
#[derive(Deserialize)]
struct List {
    tags: Option<Vec<serde_json::Value>>,
}

/// The entries of a page that are tags. Some registries list digests, empty strings or null among them. Others ignore
/// `last` and start over.
pub(crate) fn listed(page: &Page, last: Option<&str>) -> Result<Vec<String>> {
    let entries = page.json::<List>()?.tags.unwrap_or_default().into_iter();
    let tags = entries.filter_map(|entry| match entry {
        serde_json::Value::String(tag) if is_tag(&tag) => Some(tag),
        _ => None,
    });
    let listed: Vec<String> = tags.collect();
    let starts_over = last.is_some_and(|last| listed.iter().any(|tag| tag == last));
    let after = |tag: &String| !starts_over || last.is_none_or(|last| tag.as_str() > last);
    Ok(listed.into_iter().filter(after).collect())
}

fn is_tag(text: &str) -> bool {
    text.parse::<Tag>().is_ok_and(|tag| tag.check().is_ok())
}
