//! Remedies for a failed upload.

use std::time::Duration;

use http::StatusCode;
use oras_content::{Error, ErrorKind};

use crate::status::response_error;

/// Longest wait before an upload is resumed. If a registry asks for a longer wait, the upload fails.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// What to do about a failure.
pub(crate) enum Remedy {
    /// Continue the session with shorter chunks.
    Shorten,
    /// Ask the session for its offset.
    Resume,
    /// Send all bytes to a new session, at once or after a wait.
    Anew { waits: bool },
}

/// Whether another attempt may succeed, because the cause is transient. The reader of the payload has its own retries.
pub(crate) fn starts_again(error: &Error) -> bool {
    if *error.kind() == ErrorKind::Payload {
        return false;
    }
    let is_soon = asked_wait(error).is_none_or(|asked| asked <= MAX_WAIT);
    is_lost(error) || (error.is_transient() && is_soon)
}

/// Whether another session may succeed, with the same credentials.
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

/// Whether the registry no longer knows the upload.
pub(crate) fn is_lost(error: &Error) -> bool {
    response_error(error).is_some_and(|said| said.has_code("BLOB_UPLOAD_UNKNOWN"))
}

/// Whether the registry, or a proxy before it, finds a body too large.
pub(crate) fn is_too_large(error: &Error) -> bool {
    has_status(error, StatusCode::PAYLOAD_TOO_LARGE)
}

/// Whether the registry expects another range.
pub(crate) fn is_out_of_order(error: &Error) -> bool {
    has_status(error, StatusCode::RANGE_NOT_SATISFIABLE)
}

fn has_status(error: &Error, status: StatusCode) -> bool {
    response_error(error).is_some_and(|said| said.status == status)
}
