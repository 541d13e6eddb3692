//! Reports: the outcome of each job and of each of its tags.

use oras_content::{Descriptor, Digest, Tag};

use crate::{Place, SyncError};

/// The outcome of a plan.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// One report per job, in the order of the plan; for a job that reads a registry, one per repository.
    pub jobs: Vec<JobReport>,
}

/// The outcome of a job.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JobReport {
    /// The source.
    pub from: Place,
    /// The destination.
    pub to: Place,
    /// Number of tags that were already up to date.
    pub up_to_date: usize,
    /// Number of tags that were left out because they have no creation date.
    pub undated: usize,
    /// The tags that were not up to date, in no particular order.
    pub tags: Vec<TagReport>,
    /// The error that prevented or ended the whole job.
    pub error: Option<SyncError>,
}

/// The outcome of a tag that was not up to date.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TagReport {
    /// The tag at the source; for a deleted tag, the tag at the destination.
    pub tag: Tag,
    /// The name at the destination, if it is a different one.
    pub renamed: Option<Tag>,
    /// The action that was taken, or would be in a dry run.
    pub action: TagAction,
    /// The descriptor at the source; `None` if it is unknown, and for a deleted tag.
    pub root: Option<Descriptor>,
    /// The digest at the destination before the sync; `None` if the tag did not exist.
    pub before: Option<Digest>,
    /// Number of referrers that are copied with the root, recursively.
    pub referrers: usize,
    /// The error, if the action failed.
    pub error: Option<SyncError>,
}

/// An action on a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TagAction {
    /// The destination does not have the tag.
    Copy,
    /// The destination's tag resolves to another digest.
    Update,
    /// The tag is deleted at the destination.
    Delete,
}

impl Report {
    /// Returns `true` if nothing failed.
    pub fn is_done(&self) -> bool {
        self.jobs.iter().all(|job| job.errors().next().is_none())
    }
}

impl JobReport {
    pub(crate) fn new(from: &Place, to: &Place) -> Self {
        Self {
            from: from.clone(),
            to: to.clone(),
            up_to_date: 0,
            undated: 0,
            tags: Vec::new(),
            error: None,
        }
    }

    pub(crate) fn failed(from: &Place, to: &Place, error: SyncError) -> Self {
        Self {
            error: Some(error),
            ..Self::new(from, to)
        }
    }

    /// Returns all errors: that of the job, then those of its tags.
    pub fn errors(&self) -> impl Iterator<Item = &SyncError> {
        let of_tags = self.tags.iter().filter_map(|tag| tag.error.as_ref());
        self.error.iter().chain(of_tags)
    }

    /// Returns the number of tags with this action.
    pub fn count(&self, action: TagAction) -> usize {
        let done = self.tags.iter().filter(|tag| tag.error.is_none());
        done.filter(|tag| tag.action == action).count()
    }

    /// Returns the number of tags that failed.
    pub fn failures(&self) -> usize {
        self.tags.iter().filter(|tag| tag.error.is_some()).count()
    }
}

impl TagReport {
    pub(crate) fn new(tag: Tag, root: Option<Descriptor>, before: Option<Digest>) -> Self {
        let action = match &before {
            Some(_) => TagAction::Update,
            None => TagAction::Copy,
        };
        Self {
            tag,
            renamed: None,
            action,
            root,
            before,
            referrers: 0,
            error: None,
        }
    }

    /// Sets the name at the destination, if it is a different one.
    pub(crate) fn called(self, renamed: Option<Tag>) -> Self {
        Self { renamed, ..self }
    }

    pub(crate) fn failed(tag: Tag, error: SyncError) -> Self {
        Self {
            error: Some(error),
            ..Self::new(tag, None, None)
        }
    }
}
