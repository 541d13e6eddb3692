//! The status table: what an answer other than the expected one means.

use std::time::SystemTime;

use http::{HeaderMap, Method};
use oras_content::{Error, ErrorSubject};
use oras_transport::retry_after;

use crate::ResponseError;
use crate::error::protocol;

/// Codes by which a registry says that what a manifest refers to is missing.
const MISSING_CONTENT: [&str; 3] = ["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_UNKNOWN"];

/// The error for `what`, which the registry refused with `error`.
pub(crate) fn decide(
    what: ErrorSubject,
    error: ResponseError,
    headers: &HeaderMap,
    is_manifest: bool,
) -> Error {
    let pushes_manifest = is_manifest && error.method == Method::PUT;
    if pushes_manifest && MISSING_CONTENT.iter().any(|code| error.has_code(code)) {
        let source = Some(error.into());
        return Error::MissingContent { what, source };
    }
    if error.has_code("UNSUPPORTED") && error.status.is_client_error() {
        let source = Some(error.into());
        return Error::Unsupported { what, source };
    }
    match error.status.as_u16() {
        401 => Error::Unauthenticated {
            what,
            source: Some(error.into()),
        },
        403 => Error::Denied {
            what,
            source: Some(error.into()),
        },
        404 => Error::NotFound {
            what,
            source: Some(error.into()),
        },
        405 | 501 => Error::Unsupported {
            what: what.reworded(format!("{} of {what}", error.method)),
            source: Some(error.into()),
        },
        413 => Error::Unsupported {
            what: what.reworded(format!("content as large as {what}")),
            source: Some(error.into()),
        },
        429 => Error::RateLimited {
            what,
            retry_after: retry_after(headers, SystemTime::now()),
            source: Some(error.into()),
        },
        408 | 499 | 500..=599 => Error::Unavailable {
            what,
            transient: true,
            source: error.into(),
        },
        _ => protocol(what, error),
    }
}

/// What the registry itself said, where `error` comes from an answer of it.
pub(crate) fn response_error(error: &Error) -> Option<&ResponseError> {
    std::error::Error::source(error)?.downcast_ref()
}

/// Whether the registry says that it does not do such a thing at all, whatever it is asked about and by whom.
///
/// Spec: RFC 9110, sections 15.5.6, "405 Method Not Allowed", and 15.6.2, "501 Not Implemented".
pub(crate) fn refuses_method(error: &Error) -> bool {
    response_error(error).is_some_and(|said| matches!(said.status.as_u16(), 405 | 501))
}

/// Whether the registry says that it does not know such a path at all: by its method, by its code, or by a 404 that gives
/// no reason, as a server does that has no handler for it.
pub(crate) fn lacks_route(error: &Error) -> bool {
    let is_unknown = response_error(error).is_some_and(|said| {
        said.has_code("UNSUPPORTED") || (said.status.as_u16() == 404 && said.errors.is_empty())
    });
    is_unknown || refuses_method(error)
}
