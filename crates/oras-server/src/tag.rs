//! Tags: the list of them.

use futures_util::{StreamExt, TryStreamExt};
use hyper::Method;
use hyper::header::LINK;
use oras_content::TagListOptions;
use serde_json::json;

use crate::answer::Answer;
use crate::call::Call;
use crate::error::{Code, Failure};
use crate::namespace::NS;
use crate::registry::{Handled, Registry};

/// `GET …/tags/list`
///
/// Spec: distribution-spec v1.1, "Listing Tags".
pub(crate) async fn list(registry: &Registry, call: &Call) -> Handled {
    if !matches!(call.method, Method::GET | Method::HEAD) {
        return Err(call.not_allowed("GET, HEAD"));
    }
    let page = call.page(registry.options.page_size)?;
    let store = registry.repository(call).await?;
    let mut opts = TagListOptions::default().with_page_size(page.size + 1);
    opts.last.clone_from(&page.last);
    let listed = store.tags(opts).take(page.size + 1).try_collect().await;
    let mut tags: Vec<String> = listed.map_err(|error| Failure::of_store(error, Code::NameUnknown))?;
    let next = page.cut(&mut tags, |tag| tag);
    let mut answer = Answer::json(&json!({ "name": call.repository, "tags": tags }));
    if let Some(cursor) = next {
        answer = answer.with(LINK, cursor.link(call.uri.path(), &call.query, &[NS]));
    }
    Ok(answer.finish())
}
