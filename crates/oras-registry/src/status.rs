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
