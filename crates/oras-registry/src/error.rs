//! From what the layers below report to what callers act on.

use std::sync::Arc;

use oras_auth::{Error as AuthError, RealmReason};
use oras_content::{BoxError, Error, ErrorSubject};
use oras_transport::{Error as TransportError, Transient};

/// The error for `what`, which authentication or anything below it failed for.
pub(crate) fn from_auth(error: AuthError, what: &ErrorSubject) -> Error {
    let what = what.clone();
    match error {
        AuthError::Transport(source) => match Arc::try_unwrap(source) {
            Ok(source) => from_transport(source, &what),
            Err(shared) => unavailable(what, shared.is_transient(), shared),
        },
        AuthError::NoCredential { .. }
        | AuthError::BodyNotReplayable { .. }
        | AuthError::PlainHttp { .. }
        | AuthError::RealmRefused {
            reason: RealmReason::Untrusted,
            ..
        } => Error::Unauthenticated {
            what,
            source: Some(error.into()),
        },
        AuthError::TokenRefused { status, .. } => match status.as_u16() {
            401 | 400 => Error::Unauthenticated {
                what,
                source: Some(error.into()),
            },
            403 => Error::Denied {
                what,
                source: Some(error.into()),
            },
            429 => Error::RateLimited {
                what,
                retry_after: None,
                source: Some(error.into()),
            },
            _ => unavailable(what, error.is_transient(), error),
        },
        AuthError::RealmRefused { .. } => Error::Refused {
            what,
            reason: error.to_string(),
        },
        AuthError::TokenUnusable { .. } => Error::Protocol {
            what,
            source: error.into(),
        },
        AuthError::TokenExchange { .. } => unavailable(what, error.is_transient(), error),
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
        TransportError::BodyTooLarge { limit, .. } => Error::SizeExceedsLimit {
            what,
            limit: limit as u64,
        },
        TransportError::RedirectRefused { .. } | TransportError::TooManyRedirects { .. } => Error::Refused {
            what,
            reason: error.to_string(),
        },
        _ => unavailable(what, error.is_transient(), error),
    }
}

/// Whether the registry was silent for as long as it may be.
pub(crate) fn is_silence(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let shared = next.downcast_ref::<Arc<TransportError>>().map(|shared| &**shared);
        if let Some(transport) = shared.or_else(|| next.downcast_ref()) {
            return transport.is_silence();
        }
        cause = next.source();
    }
    false
}

/// An answer that is not what the protocol says.
pub(crate) fn protocol(what: impl Into<ErrorSubject>, source: impl Into<BoxError>) -> Error {
    Error::Protocol {
        what: what.into(),
        source: source.into(),
    }
}

fn unavailable(what: ErrorSubject, transient: bool, source: impl Into<BoxError>) -> Error {
    Error::Unavailable {
        what,
        transient,
        source: source.into(),
    }
}
