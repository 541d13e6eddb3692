//! Remedies: what may help an upload that failed.

use std::time::Duration;

use http::StatusCode;
use oras_content::{Error, ErrorKind};

use crate::status::response_error;

/// The longest wait before an upload is taken up again. A registry that asks for a longer one is not asked again.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// What is done about a failure.
pub(crate) enum Remedy {
    /// The session goes on with shorter chunks.
    Shorten,
    /// The session is asked how far it is.
    Resume,
    /// A new session gets all bytes, at once or after a wait.
    Anew { waits: bool },
}

/// Whether another attempt may do better: something passes by. What could not be read for the upload was tried again by
/// whoever reads it.
pub(crate) fn starts_again(error: &Error) -> bool {
    if *error.kind() == ErrorKind::Payload {
        return false;
    }
    let is_soon = asked_wait(error).is_none_or(|asked| asked <= MAX_WAIT);
    is_lost(error) || (error.is_transient() && is_soon)
}

/// Whether another session may do better, rather than somebody else.
pub(crate) fn is_of_session(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Rejected
            | ErrorKind::NotFound
            | ErrorKind::Unsupported
            | ErrorKind::Protocol
            | ErrorKind::Refused
            | ErrorKind::Unavailable { .. }
    )
}

/// How long to wait after so many interruptions.
pub(crate) fn wait(error: &Error, interruptions: u32) -> Duration {
    asked_wait(error).unwrap_or(Duration::from_millis(200) * interruptions)
}

/// How long the registry asks to wait.
fn asked_wait(error: &Error) -> Option<Duration> {
    match error.kind() {
        ErrorKind::RateLimited { retry_after } => *retry_after,
        _ => None,
    }
}

/// Whether the registry does not know the upload any more.
pub(crate) fn is_lost(error: &Error) -> bool {
    response_error(error).is_some_and(|said| said.has_code("BLOB_UPLOAD_UNKNOWN"))
}

/// Whether the registry, or a proxy before it, finds a body too long.
pub(crate) fn is_too_large(error: &Error) -> bool {
    has_status(error, StatusCode::PAYLOAD_TOO_LARGE)
}

/// Whether the registry wants other bytes than those that it was sent, or fewer.
pub(crate) fn is_out_of_order(error: &Error) -> bool {
    has_status(error, StatusCode::RANGE_NOT_SATISFIABLE)
}

fn has_status(error: &Error, status: StatusCode) -> bool {
    response_error(error).is_some_and(|said| said.status == status)
}
