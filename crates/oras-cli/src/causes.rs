//! Causes: what a failure came from, by type.

use std::error::Error as StdError;
use std::fmt;

use oras::transport::Error as TransportError;

/// A registry did not accept a login.
#[derive(Debug)]
pub(crate) struct LoginFailed(pub(crate) String);

impl fmt::Display for LoginFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot log in to {}", self.0)
    }
}

impl StdError for LoginFailed {}

/// The registry could not be started at its address.
#[derive(Debug)]
pub(crate) struct CannotServe;

impl fmt::Display for CannotServe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the registry did not start")
    }
}

impl StdError for CannotServe {}

/// The first cause of a type, which may be shared behind a pointer.
pub(crate) fn find<T: StdError + 'static>(error: &anyhow::Error) -> Option<&T> {
    error.chain().find_map(|cause| {
        let shared = cause.downcast_ref::<std::sync::Arc<T>>();
        shared.map(|shared| &**shared).or_else(|| cause.downcast_ref())
    })
}

pub(crate) fn transport(error: &anyhow::Error) -> Option<&TransportError> {
    find(error)
}

/// The origin of a server that was spoken to in plain HTTP and speaks TLS.
pub(crate) fn expects_tls(error: &anyhow::Error) -> Option<&oras::transport::Origin> {
    match transport(error)? {
        TransportError::ExpectsTls { origin } => Some(origin),
        _ => None,
    }
}
