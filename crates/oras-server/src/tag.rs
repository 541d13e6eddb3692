//! Tags: listing them.

use std::cmp::Ordering;

use futures_util::TryStreamExt;
use hyper::Method;
use hyper::header::LINK;
use oras_content::{StoreExt, TagListOptions};
use serde_json::json;

use crate::answer::Answer;
use crate::call::Call;
use crate::error::{Code, Failure};
use crate::namespace::NS;
use crate::registry::{Handled, Registry};
use crate::route::tag;

/// Handles `GET …/tags/list`.
///
/// Spec: distribution-spec v1.1, "Listing Tags".
pub(crate) async fn list(registry: &Registry, call: &Call) -> Handled {
    if !matches!(call.method, Method::GET | Method::HEAD) {
        return Err(call.not_allowed("GET, HEAD"));
    }
    let page = call.page(registry.options.page_size)?;
    let store = registry.repository(call).await?;
    // Stores list in byte order, so a page may contain tags from anywhere in their listing.
    let failed = |error| Failure::of_store(error, Code::NameUnknown);
    let lister = store.as_tag_lister().map_err(failed)?;
    let listed = lister.tags(TagListOptions::default()).try_collect().await;
    let mut tags: Vec<String> = listed.map_err(failed)?;
    tags.retain(|tag| page.last.as_deref().is_none_or(|last| order(tag, last).is_gt()));
    // A layout may have names that are not valid tags of a registry.
    tags.retain(|text| tag(text).is_ok());
    tags.sort_unstable_by(|one, other| order(one, other));
    let next = page.cut(&mut tags, |tag| tag);
    let mut answer = Answer::json(&json!({ "name": call.repository, "tags": tags }));
    if let Some(cursor) = next {
        answer = answer.with(LINK, cursor.link(call.uri.path(), &call.query, &[NS]));
    }
    Ok(answer.finish())
}

/// The order of tags: ignoring case, as the specification says, and by bytes if they differ only in case.
fn order(one: &str, other: &str) -> Ordering {
    let [lower, other_lower] = [one, other].map(|tag| tag.bytes().map(|b| b.to_ascii_lowercase()));
    lower.cmp(other_lower).then_with(|| one.cmp(other))
}
