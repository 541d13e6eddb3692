//! Why a tag, or a whole job, is not the same at both places.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use oras_content::{Error, Tag};
use oras_copy::{CopyError, Side};

use crate::BoxError;

/// Why something was not done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SyncError {
    /// A place could not be opened.
    Open {
        /// Which place of the job it is.
        side: Side,
        /// What it is called.
        place: String,
        /// Why.
        source: Shared,
    },
    /// The repositories of a registry, or the tags of a repository, could not be listed.
    List {
        /// Which place of the job it is.
        side: Side,
        /// What it is called.
        place: String,
        /// Why.
        source: Shared,
    },
    /// It is not known what a tag stands for.
    Resolve {
        /// Which place of the job it is.
        side: Side,
        /// What it is called.
        place: String,
        /// Why.
        source: Arc<Error>,
    },
    /// It is not known when what a tag stands for was made.
    Date {
        /// What the tag is called at the source.
        place: String,
        /// Why.
        source: Arc<Error>,
    },
    /// A tag cannot have the name that the job gives it.
    Rename {
        /// What the tag is called at the source.
        tag: String,
        /// What it would be called.
        name: String,
        /// Why it cannot be.
        source: Arc<Error>,
    },
    /// Several tags would have one name.
    SameName {
        /// The tags of the source.
        tags: Vec<Tag>,
        /// What they would be called.
        name: Tag,
    },
    /// A tag was not copied.
    Copy(Arc<CopyError>),
    /// A tag was not removed.
    Delete {
        /// What the destination is called.
        place: String,
        /// Why.
        source: Arc<Error>,
    },
    /// The selection chooses nothing.
    NothingChosen {
        /// What the source is called.
        place: String,
    },
    /// The job was given up, because nothing went well any more.
    GivenUp {
        /// How many tags failed.
        failures: usize,
    },
    /// A job may delete where another one writes: it would remove what that one copies.
    SharedDestination {
        /// What is written by both.
        place: String,
    },
    /// A job may delete what its source does not have, which another one is writing.
    ChangingSource {
        /// What is read by one and written by the other.
        place: String,
    },
    /// A tag was given something else by another job.
    AlsoGiven {
        /// The tag of the destination.
        name: Tag,
        /// What it is called at the source of the other job.
        from: String,
    },
    /// A job may delete from what it reads.
    OwnSource {
        /// What is read and written.
        place: String,
    },
    /// The places of a job do not fit together.
    Mismatch {
        /// What is read.
        from: String,
        /// What is written.
        to: String,
    },
}

/// An error of a caller's own, which can be shared.
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
    /// What is shared is given out itself, so that its type can be told.
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

    /// Whether the next tags may go better: the failure is not that of a store.
    pub(crate) fn is_of_one_tag(&self) -> bool {
        match self {
            Self::Resolve { source, .. } | Self::Date { source, .. } | Self::Delete { source, .. } => {
                !source.is_transient()
            }
            Self::Copy(error) => !error.is_transient(),
            _ => true,
        }
    }
}
