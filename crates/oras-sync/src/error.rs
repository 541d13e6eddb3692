//! The errors of a sync, for a single tag or a whole job.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use oras_content::{Error, Tag};
use oras_copy::{CopyError, Side};

use crate::BoxError;

/// The error of a tag or of a job.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SyncError {
    /// A source or destination could not be opened.
    Open {
        /// The side that failed.
        side: Side,
        /// Its name.
        place: String,
        /// The cause.
        source: Shared,
    },
    /// The repositories of a registry, or the tags of a repository, could not be listed.
    List {
        /// The side that failed.
        side: Side,
        /// Its name.
        place: String,
        /// The cause.
        source: Shared,
    },
    /// A tag could not be resolved.
    Resolve {
        /// The side that failed.
        side: Side,
        /// Its name.
        place: String,
        /// The cause.
        source: Arc<Error>,
    },
    /// The creation date of a tag could not be determined.
    Date {
        /// The tag, as named at the source.
        place: String,
        /// The cause.
        source: Arc<Error>,
    },
    /// The new name of a tag is not valid.
    Rename {
        /// The tag, as named at the source.
        tag: String,
        /// The new name.
        name: String,
        /// The reason why the name is invalid.
        source: Arc<Error>,
    },
    /// Several tags would get the same name.
    SameName {
        /// The tags of the source.
        tags: Vec<Tag>,
        /// Their common name at the destination.
        name: Tag,
    },
    /// A tag was not copied.
    Copy(Arc<CopyError>),
    /// A tag was not deleted.
    Delete {
        /// The name of the destination.
        place: String,
        /// The cause.
        source: Arc<Error>,
    },
    /// The selection matches no tag.
    NothingChosen {
        /// The name of the source.
        place: String,
    },
    /// The job was abandoned after too many consecutive failures.
    GivenUp {
        /// Number of tags that failed.
        failures: usize,
    },
    /// A job that deletes has the same destination as another job, whose tags it would delete.
    SharedDestination {
        /// The shared destination.
        place: String,
    },
    /// A job that deletes reads a source that another job writes to.
    ChangingSource {
        /// The place that one job reads and the other writes.
        place: String,
    },
    /// Another job gave the tag other content.
    AlsoGiven {
        /// The tag at the destination.
        name: Tag,
        /// The source tag of the other job.
        from: String,
    },
    /// A job that deletes has its own source as its destination.
    OwnSource {
        /// The place that is both source and destination.
        place: String,
    },
    /// The source and the destination of a job do not match.
    Mismatch {
        /// The source.
        from: String,
        /// The destination.
        to: String,
    },
}

/// An error of the caller's stores, which can be shared.
type Shared = Arc<dyn StdError + Send + Sync>;

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { side, place, .. } => write!(f, "cannot open the {side} {place}"),
            Self::List { side, place, .. } => write!(f, "cannot list what is in the {side} {place}"),
            Self::Resolve { side, place, .. } => write!(f, "cannot resolve at the {side} {place}"),
            Self::Date { place, .. } => write!(f, "cannot find out when {place} was made"),
            Self::Rename { tag, name, .. } => write!(f, "cannot rename {tag} to {name:?}"),
            Self::SameName { tags, name } => {
                let tags: Vec<&str> = tags.iter().map(Tag::as_str).collect();
                write!(f, "{} would have the same name, {name}", tags.join(" and "))
            }
            Self::Copy(error) => error.fmt(f),
            Self::Delete { place, .. } => write!(f, "cannot remove the tag at the destination {place}"),
            Self::NothingChosen { place } => write!(f, "no tag of {place} is chosen"),
            Self::GivenUp { failures } => write!(f, "stopped after {failures} tags failed in a row"),
            Self::SharedDestination { place } => {
                write!(
                    f,
                    "{place} is written by another job, too, whose tags would be deleted"
                )
            }
            Self::ChangingSource { place } => write!(
                f,
                "{place} is written by another job at the same time, and what is not there yet would be deleted"
            ),
            Self::AlsoGiven { name, from } => {
                write!(f, "another job has set the tag {name} from {from}")
            }
            Self::OwnSource { place } => {
                write!(f, "{place} is read by the same job, whose tags would be deleted")
            }
            Self::Mismatch { from, to } => write!(
                f,
                "{from} cannot be kept the same as {to}: a registry goes to a registry, and one repository or layout to one"
            ),
        }
    }
}

impl StdError for SyncError {
    /// Returns the shared error itself instead of the `Arc`, so that callers can downcast it.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Open { source, .. } | Self::List { source, .. } => Some(&**source),
            Self::Resolve { source, .. }
            | Self::Date { source, .. }
            | Self::Rename { source, .. }
            | Self::Delete { source, .. } => Some(&**source),
            Self::Copy(error) => error.source(),
            Self::SameName { .. }
            | Self::NothingChosen { .. }
            | Self::GivenUp { .. }
            | Self::SharedDestination { .. }
            | Self::ChangingSource { .. }
            | Self::AlsoGiven { .. }
            | Self::OwnSource { .. }
            | Self::Mismatch { .. } => None,
        }
    }
}

impl SyncError {
    pub(crate) fn open(side: Side, place: &impl ToString, error: BoxError) -> Self {
        Self::Open {
            side,
            place: place.to_string(),
            source: Arc::from(error),
        }
    }

    pub(crate) fn list(side: Side, place: &impl ToString, error: impl Into<BoxError>) -> Self {
        Self::List {
            side,
            place: place.to_string(),
            source: Arc::from(error.into()),
        }
    }

    pub(crate) fn resolve(side: Side, place: impl Into<String>, error: Error) -> Self {
        Self::Resolve {
            side,
            place: place.into(),
            source: Arc::new(error),
        }
    }

    pub(crate) fn date(place: String, error: Error) -> Self {
        Self::Date {
            place,
            source: Arc::new(error),
        }
    }

    /// Whether the failure concerns this tag alone. A transient failure of a store will probably repeat for the next tags.
    pub(crate) fn is_tag_specific(&self) -> bool {
        match self {
            Self::Resolve { source, .. } | Self::Date { source, .. } | Self::Delete { source, .. } => {
                !source.is_transient()
            }
            Self::Copy(error) => !error.is_transient(),
            _ => true,
        }
    }
}
