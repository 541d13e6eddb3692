//! Maps errors of the lower layers to `oras_content::Error`.

use std::sync::Arc;

use oras_auth::{Error as AuthError, RealmReason};
use oras_content::{Error, ErrorKind, ErrorSubject};
use oras_transport::{Error as TransportError, Phase, Transient};

use crate::status::response_error;

/// Maps an error of authentication, or of a layer below it, to an error about `what`.
pub(crate) fn from_auth(error: AuthError, what: &ErrorSubject) -> Error {
    let what = what.clone();
    match error {
        AuthError::Transport(source) => match Arc::try_unwrap(source) {
            Ok(source) => from_transport(source, &what),
            Err(shared) => Error::unavailable(what, shared.is_transient(), shared),
        },
        AuthError::NoCredential { .. }
        | AuthError::BodyNotReplayable { .. }
        | AuthError::PlainHttp { .. }
        | AuthError::RealmRefused {
            reason: RealmReason::Untrusted,
            ..
        } => Error::unauthenticated(what).with_source(error),
        AuthError::TokenRefused { status, .. } => match status.as_u16() {
            401 | 400 => Error::unauthenticated(what).with_source(error),
            403 => Error::denied(what).with_source(error),
            429 => Error::rate_limited(what, None).with_source(error),
            _ => Error::unavailable(what, error.is_transient(), error),
        },
        AuthError::RealmRefused { .. } => Error::refused(what, error),
        AuthError::TokenUnusable { .. } => Error::protocol(what, error),
        AuthError::TokenExchange { .. } => Error::unavailable(what, error.is_transient(), error),
        _ => Error::storage("credentials", error),
    }
}

/// Maps an error of the HTTP stack to an error about `what`.
pub(crate) fn from_transport(error: TransportError, what: &ErrorSubject) -> Error {
    let what = what.clone();
    match error {
        TransportError::RequestBody { source, .. } => match source.downcast::<Error>() {
            Ok(own) => *own,
            Err(source) => Error::storage(what, source),
        },
        TransportError::BodyTooLarge { limit, .. } => Error::size_exceeds_limit(what, limit as u64),
        TransportError::RedirectRefused { .. } | TransportError::TooManyRedirects { .. } => {
            Error::refused(what, error)
        }
        _ => Error::unavailable(what, error.is_transient(), error),
    }
}

/// Whether the registry or its token server sent a response that is an error, or that is invalid.
pub(crate) fn is_answered(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    let is_refused_token = matches!(source, Some(AuthError::TokenRefused { .. }));
    let is_nonsense = matches!(error.kind(), ErrorKind::Protocol | ErrorKind::Refused);
    is_nonsense || is_refused_token || response_error(error).is_some()
}

/// Whether the registry timed out. A timeout while the payload is read does not count.
pub(crate) fn is_silence(error: &Error) -> bool {
    transport_error(error).is_some_and(Transient::is_silence)
}

/// Whether the registry timed out before it had received the whole request.
pub(crate) fn is_cut_short(error: &Error) -> bool {
    let early = [Phase::Connect, Phase::Send];
    transport_error(error)
        .is_some_and(|error| matches!(error, TransportError::TimedOut { phase, .. } if early.contains(phase)))
}

/// The error of the HTTP stack on the way to the registry, if that is the cause.
fn transport_error(error: &Error) -> Option<&TransportError> {
    if *error.kind() == ErrorKind::Payload {
        return None;
    }
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let shared = next.downcast_ref::<Arc<TransportError>>().map(|shared| &**shared);
        if let Some(transport) = shared.or_else(|| next.downcast_ref()) {
            return Some(transport);
        }
        cause = next.source();
    }
    None
}

/// Turns an error, such as "not found", into "unsupported" for the feature that `words` names.
pub(crate) fn unsupported_as(error: Error, words: impl FnOnce(&ErrorSubject) -> String) -> Error {
    let Some(subject) = error.subject() else {
        return error.with_kind(ErrorKind::Unsupported);
    };
    let subject = subject.reworded(words(subject));
    error.with_kind(ErrorKind::Unsupported).about(subject)
}
