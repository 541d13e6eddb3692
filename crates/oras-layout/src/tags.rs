//! `Untagger` and `TagLister` for `LayoutStore`, and the rules for tags.

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use oras_content::{InvalidReference, Result, Tag, TagListOptions, TagLister, Untagger};

use crate::LayoutStore;
use crate::edit::Edit;

/// Maximum length of a tag in bytes. It may be the full name of an image.
const MAX_TAG: usize = 1024;

#[async_trait]
impl Untagger for LayoutStore {
    async fn untag(&self, tag: &Tag) -> Result<()> {
        let name = tag.to_string();
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

/// Checks that a layout can have the tag.
pub(crate) fn check(tag: &Tag) -> Result<(), InvalidReference> {
    let refuse = |reason| Err(InvalidReference::new(tag.as_str(), reason));
    if tag.as_str().len() > MAX_TAG {
        return refuse("a tag of a layout has at most 1024 bytes");
    }
    if tag.as_str().chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refuse("a tag has no spaces and no control characters");
    }
    Ok(())
}
