//! Conditional requests.

use hyper::Response;
use hyper::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use oras_content::Descriptor;

use crate::answer::{etag, not_modified};
use crate::body::Body;
use crate::call::Call;
use crate::error::{Code, Failure, Result};

/// Checks a request that reads `content`; returns the response if the client already has it.
///
/// Spec: RFC 9110, section 13.2.2.
///
/// # Errors
///
/// `If-Match` names other content.
pub(crate) fn check_read(call: &Call, content: &Descriptor) -> Result<Option<Response<Body>>> {
    check_match(call, Some(content))?;
    Ok(names(call, IF_NONE_MATCH, Some(content), Comparison::Weak)
        .unwrap_or(false)
        .then(|| not_modified(content)))
}

/// Checks a request that changes a name, where `current` is its present content.
///
/// The check is reliable only under the [lock](crate::locks) of the repository.
///
/// # Errors
///
/// `If-Match` names other content, or `If-None-Match` names the present content.
pub(crate) fn check_write(call: &Call, current: Option<&Descriptor>) -> Result<()> {
    check_match(call, current)?;
    match names(call, IF_NONE_MATCH, current, Comparison::Weak) {
        Some(true) => Err(failed("there is such content already")),
        _ => Ok(()),
    }
}

/// Whether a request has a precondition.
pub(crate) fn is_conditional(call: &Call) -> bool {
    [IF_MATCH, IF_NONE_MATCH]
        .iter()
        .any(|name| call.headers.contains_key(name))
}

fn check_match(call: &Call, current: Option<&Descriptor>) -> Result<()> {
    match names(call, IF_MATCH, current, Comparison::Strong) {
        Some(false) => Err(failed("what is there is not what If-Match names")),
        _ => Ok(()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

/// Whether a header names the present content; `None` without the header. `*` matches any content.
fn names(
    call: &Call,
    header: HeaderName,
    current: Option<&Descriptor>,
    comparison: Comparison,
) -> Option<bool> {
    let mut values = call.headers.get_all(header).iter().peekable();
    values.peek()?;
    let Some(current) = current else {
        return Some(false);
    };
    let etag = etag(&current.digest);
    let is_current = |tag: &str| match tag.trim() {
        "*" => true,
        tag if comparison == Comparison::Weak => tag.trim_start_matches("W/") == etag,
        tag => tag == etag,
    };
    // The digest in an entity tag has no comma.
    Some(values.any(|value| value.to_str().unwrap_or_default().split(',').any(is_current)))
}

fn failed(message: &str) -> Failure {
    Failure::new(Code::PreconditionFailed, message)
}
