//! Why a tag, or a whole job, is not the same at both places.

use std::sync::Arc;

use oras_content::Error;
use oras_copy::{CopyError, Side};

use crate::BoxError;

/// Why something was not done.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// A place could not be opened.
    #[error("cannot open the {side} {place}")]
    Open {
        /// Which place of the job it is.
        side: Side,
        /// What it is called.
        place: String,
        /// Why.
        source: Arc<BoxedError>,
    },
    /// The repositories of a registry, or the tags of a repository, could not be listed.
    #[error("cannot list what is in the {side} {place}")]
    List {
        /// Which place of the job it is.
        side: Side,
        /// What it is called.
        place: String,
        /// Why.
        source: Arc<BoxedError>,
    },
    /// It is not known what a tag stands for.
    #[error("cannot resolve at the {side} {place}")]
    Resolve {
        /// Which place of the job it is.
        side: Side,
        /// What it is called.
        place: String,
        /// Why.
        source: Arc<Error>,
    },
    /// A tag was not copied.
    #[error(transparent)]
    Copy(Arc<CopyError>),
    /// A tag was not removed.
    #[error("cannot remove the tag at the destination {place}")]
    Delete {
        /// What the destination is called.
        place: String,
        /// Why.
        source: Arc<Error>,
    },
    /// The selection chooses nothing.
    #[error("no tag of {place} is chosen")]
    NothingChosen {
        /// What the source is called.
        place: String,
    },
    /// The job was given up, because nothing went well any more.
    #[error("given up after {failures} tags failed in a row")]
    GivenUp {
        /// How many tags failed.
        failures: usize,
    },
    /// The places of a job do not fit together.
    #[error(
        "{from} cannot be kept the same as {to}: a registry goes to a registry, and one repository or layout to one"
    )]
    Mismatch {
        /// What is read.
        from: String,
        /// What is written.
        to: String,
    },
}

/// An error of a caller's own, which can be shared.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BoxedError(#[from] pub BoxError);

impl SyncError {
    pub(crate) fn open(side: Side, place: &impl ToString, error: BoxError) -> Self {
        Self::Open {
            side,
            place: place.to_string(),
            source: Arc::new(error.into()),
        }
    }

    pub(crate) fn list(side: Side, place: &impl ToString, error: impl Into<BoxError>) -> Self {
        Self::List {
            side,
            place: place.to_string(),
            source: Arc::new(error.into().into()),
        }
    }

    pub(crate) fn resolve(side: Side, place: impl Into<String>, error: Error) -> Self {
        Self::Resolve {
            side,
            place: place.into(),
            source: Arc::new(error),
        }
    }

    /// Whether the next tags may go better: the failure is not that of a store.
    pub(crate) fn is_of_one_tag(&self) -> bool {
        match self {
            Self::Resolve { source, .. } | Self::Delete { source, .. } => !source.is_transient(),
            Self::Copy(error) => !error.is_transient(),
            _ => true,
        }
    }
}
