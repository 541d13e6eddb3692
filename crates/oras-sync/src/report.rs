//! Reports: what became of each job, and of each of its tags.

use oras_content::{Descriptor, Digest, Tag};

use crate::{Place, SyncError};

/// What became of a plan.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// One of each job in the order of the plan; where a registry is read, one of each of its repositories.
    pub jobs: Vec<JobReport>,
}

/// What became of a job.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JobReport {
    /// What was read.
    pub from: Place,
    /// What was written.
    pub to: Place,
    /// How many tags were the same already.
    pub up_to_date: usize,
    /// How many tags were left out because they do not say when they were made.
    pub undated: usize,
    /// The tags that were not, in no order.
    pub tags: Vec<TagReport>,
    /// Why the job as a whole was not done, or not to its end.
    pub error: Option<SyncError>,
}

/// What became of a tag that was not the same.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TagReport {
    /// The tag of the source; of a tag that goes, the one of the destination.
    pub tag: Tag,
    /// What it is called at the destination, where that is another name.
    pub renamed: Option<Tag>,
    /// What was done, or would have been.
    pub action: TagAction,
    /// What it stands for at the source; `None` where that is not known, and of a tag that goes.
    pub root: Option<Descriptor>,
    /// What it stood for at the destination; `None` where it was not there.
    pub before: Option<Digest>,
    /// How many manifests come along because they refer to the root, or to one that does.
    pub referrers: usize,
    /// Why it was not done.
    pub error: Option<SyncError>,
}

/// What is done with a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TagAction {
    /// The destination does not have it.
    Copy,
    /// It stands for something else at the destination.
    Update,
    /// The destination loses it.
    Delete,
}

impl Report {
    /// Whether everything was done.
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

    /// All that went wrong: of the job, then of its tags.
    pub fn errors(&self) -> impl Iterator<Item = &SyncError> {
        let of_tags = self.tags.iter().filter_map(|tag| tag.error.as_ref());
        self.error.iter().chain(of_tags)
    }

    /// How many tags this was done with.
    pub fn count(&self, action: TagAction) -> usize {
        let done = self.tags.iter().filter(|tag| tag.error.is_none());
        done.filter(|tag| tag.action == action).count()
    }

    /// How many tags failed.
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

    /// With this name at the destination, where it is another one.
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
