//! The catalog: the list of repositories.

use hyper::Method;
use hyper::header::LINK;
use serde_json::json;

use crate::answer::Answer;
use crate::call::Call;
use crate::error::{Code, Failure, Result};
use crate::page::Page;
use crate::registry::{Handled, Registry};

/// Handles `GET /v2/_catalog`.
pub(crate) async fn list(registry: &Registry, call: &Call) -> Handled {
    if !matches!(call.method, Method::GET | Method::HEAD) {
        return Err(call.not_allowed("GET, HEAD"));
    }
    let page = call.page(registry.options.page_size)?;
    let mut names = names(registry, call, &page).await?;
    let next = page.cut(&mut names, |name| name);
    let mut answer = Answer::json(&json!({ "repositories": names }));
    if let Some(cursor) = next {
        answer = answer.with(LINK, cursor.link(call.uri.path(), &call.query, &[]));
    }
    Ok(answer.finish())
}

/// Number of names that are read at once if earlier ones are not visible to the caller.
const AT_ONCE: usize = 1000;

/// Returns the visible names of a page, plus one more.
async fn names(registry: &Registry, call: &Call, page: &Page) -> Result<Vec<String>> {
    let wanted = page.size + 1;
    let mut at_once = wanted;
    let mut last = page.last.clone();
    let mut found = Vec::new();
    while found.len() < wanted {
        let names = registry.options.backend.names(last.as_deref(), at_once).await;
        let names = names.map_err(|error| Failure::of_store(error, Code::NameUnknown))?;
        let Some(name) = names.last() else {
            break;
        };
        last = Some(name.clone());
        at_once = wanted.max(AT_ONCE);
        found.extend(names.into_iter().filter(|name| call.caller.may_see(name)));
    }
    Ok(found)
}
