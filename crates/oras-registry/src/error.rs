//! From what the layers below report to what callers act on.

use std::sync::Arc;

use oras_auth::{Error as AuthError, RealmReason};
use oras_content::{Error, ErrorKind, ErrorSubject};
use oras_transport::{Error as TransportError, Phase, Transient};

use crate::status::response_error;

/// The error for `what`, which authentication or anything below it failed for.
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

/// The error for `what`, which the HTTP stack failed for.
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

/// Whether it is what the registry, or its token server, answered, or what is wrong with such an answer.
pub(crate) fn is_answered(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    let is_refused_token = matches!(source, Some(AuthError::TokenRefused { .. }));
    let is_nonsense = matches!(error.kind(), ErrorKind::Protocol | ErrorKind::Refused);
    is_nonsense || is_refused_token || response_error(error).is_some()
}

/// Whether the registry was silent for as long as it may be. The silence of where a payload is read from is not its own.
pub(crate) fn is_silence(error: &Error) -> bool {
    transport_error(error).is_some_and(Transient::is_silence)
}

/// Whether the registry was silent before it had taken all of the request.
pub(crate) fn is_cut_short(error: &Error) -> bool {
    let early = [Phase::Connect, Phase::Send];
    transport_error(error)
        .is_some_and(|error| matches!(error, TransportError::TimedOut { phase, .. } if early.contains(phase)))
}

/// What the HTTP stack failed with on the way to the registry.
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

/// That something is not found or not accepted, as that the registry does not do what `words` say of it.
pub(crate) fn unsupported_as(error: Error, words: impl FnOnce(&ErrorSubject) -> String) -> Error {
    let Some(subject) = error.subject() else {
        return error.with_kind(ErrorKind::Unsupported);
    };
    let subject = subject.reworded(words(subject));
    error.with_kind(ErrorKind::Unsupported).about(subject)
}
