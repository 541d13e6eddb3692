//! The error of a job, from any crate.

use oras_content::{Error, ErrorChain, ErrorKind};
use oras_copy::{CopyError, Side, UntagError};
use oras_pack::PackError;

/// The error of a job.
pub(super) struct Failed {
    pub(super) kind: ErrorKind,
    pub(super) side: Option<Side>,
    pub(super) text: String,
}

impl Failed {
    /// Whether the error describes a fault of a registry.
    pub(super) fn is_of_a_registry(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Denied
                | ErrorKind::MissingContent
                | ErrorKind::NotFound
                | ErrorKind::NotListed
                | ErrorKind::Protocol
                | ErrorKind::RateLimited { .. }
                | ErrorKind::Refused
                | ErrorKind::Rejected
                | ErrorKind::Unauthenticated
                | ErrorKind::Unavailable { .. }
                | ErrorKind::Unsupported
        )
    }
}

impl From<CopyError> for Failed {
    fn from(error: CopyError) -> Self {
        Self {
            kind: *error.source.kind(),
            side: Some(error.side),
            text: ErrorChain(&error).to_string(),
        }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            kind: *error.kind(),
            side: None,
            text: ErrorChain(&error).to_string(),
        }
    }
}

impl From<PackError> for Failed {
    fn from(error: PackError) -> Self {
        match error {
            PackError::Push(error) => error.into(),
            other => panic!("{other}"),
        }
    }
}

impl From<UntagError> for Failed {
    fn from(error: UntagError) -> Self {
        match error {
            UntagError::Unsupported(error) | UntagError::Store(error) => error.into(),
            other => Self {
                kind: ErrorKind::Unsupported,
                side: None,
                text: other.to_string(),
            },
        }
    }
}
