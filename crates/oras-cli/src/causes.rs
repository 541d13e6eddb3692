//! Looks up the causes of a failure by type.

use std::error::Error as StdError;
use std::fmt;

use oras::transport::Error as TransportError;

/// A registry rejected a login.
#[derive(Debug)]
pub(crate) struct LoginFailed(pub(crate) String);

impl fmt::Display for LoginFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot log in to {}", self.0)
    }
}

impl StdError for LoginFailed {}

/// The embedded registry could not be started at its address.
#[derive(Debug)]
pub(crate) struct CannotServe;

impl fmt::Display for CannotServe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the registry did not start")
    }
}

impl StdError for CannotServe {}

/// Returns the first cause of type `T`, which may be behind a shared pointer.
pub(crate) fn find<T: StdError + 'static>(error: &anyhow::Error) -> Option<&T> {
    error.chain().find_map(|cause| {
        let shared = cause.downcast_ref::<std::sync::Arc<T>>();
        shared.map(|shared| &**shared).or_else(|| cause.downcast_ref())
    })
}

pub(crate) fn transport(error: &anyhow::Error) -> Option<&TransportError> {
    find(error)
}

/// Returns the origin of a server that was contacted over plain HTTP but expects TLS.
pub(crate) fn expects_tls(error: &anyhow::Error) -> Option<&oras::transport::Origin> {
    match transport(error)? {
        TransportError::ExpectsTls { origin } => Some(origin),
        _ => None,
    }
}
