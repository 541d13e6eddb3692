//! The status table: maps unexpected responses to errors.

use std::time::SystemTime;

use http::{HeaderMap, Method, StatusCode};
use oras_content::{Error, ErrorKind, ErrorSubject};
use oras_transport::retry_after;

use crate::ResponseError;

/// Codes for missing content that a manifest refers to.
const MISSING_CONTENT: [&str; 3] = ["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_UNKNOWN"];

/// The error for a call about `what` that the registry refused with `error`.
pub(crate) fn decide(
    what: ErrorSubject,
    error: ResponseError,
    headers: &HeaderMap,
    is_manifest: bool,
) -> Error {
    let pushes_manifest = is_manifest && error.method == Method::PUT;
    if pushes_manifest && MISSING_CONTENT.iter().any(|code| error.has_code(code)) {
        return Error::new(ErrorKind::MissingContent, what).with_source(error);
    }
    if is_unsupported(&error) {
        let call = what.reworded(format!("{} of {what}", error.method));
        return Error::unsupported(call).with_source(error);
    }
    match error.status.as_u16() {
        401 => Error::unauthenticated(what).with_source(error),
        403 => Error::denied(what).with_source(error),
        404 => Error::not_found(what).with_source(error),
        400 | 409 | 413 | 416 | 422 => Error::new(ErrorKind::Rejected, what).with_source(error),
        429 => Error::rate_limited(what, retry_after(headers, SystemTime::now())).with_source(error),
        408 | 499 | 500..=599 => Error::unavailable(what, true, error),
        _ => Error::protocol(what, error),
    }
}

/// Whether the registry does not support the request, by its code or its status. If deletion is disabled, it refuses a
/// `DELETE` with 400 or 405.
///
/// Spec: distribution-spec v1.1, "Content Management".
fn is_unsupported(error: &ResponseError) -> bool {
    let is_disabled = error.status == StatusCode::BAD_REQUEST && error.method == Method::DELETE;
    let is_named = error.status.is_client_error() && error.has_code("UNSUPPORTED");
    is_disabled || is_named || lacks_method(error)
}

fn lacks_method(error: &ResponseError) -> bool {
    matches!(error.status.as_u16(), 405 | 501)
}

/// The error response of the registry, if that is the source of `error`.
pub(crate) fn response_error(error: &Error) -> Option<&ResponseError> {
    std::error::Error::source(error)?.downcast_ref()
}

/// Whether the registry does not implement the method at all, whatever the target and the user.
///
/// Spec: RFC 9110, sections 15.5.6, "405 Method Not Allowed", and 15.6.2, "501 Not Implemented".
pub(crate) fn refuses_method(error: &Error) -> bool {
    response_error(error).is_some_and(lacks_method)
}

/// Whether the registry does not know the path at all: it refuses the method, sends the code `UNSUPPORTED`, or responds
/// with a 404 without error entries, like a server without a handler for the path.
pub(crate) fn lacks_route(error: &Error) -> bool {
    let is_unknown = response_error(error).is_some_and(|said| {
        said.has_code("UNSUPPORTED") || (said.status.as_u16() == 404 && said.errors.is_empty())
    });
    is_unknown || refuses_method(error)
}
