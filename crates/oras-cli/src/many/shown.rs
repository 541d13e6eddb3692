//! The outcome of copying several repositories: as text, as a document, and as an exit code.

use std::error::Error as StdError;
use std::sync::Arc;

use oras::sync::{JobReport, Place as SyncPlace, Report, SyncError, TagReport};
use serde_json::{Map, Value};

use super::names::full;
use crate::causes::expects_tls;
use crate::failure::Failure;
use crate::hint::about;
use crate::place::Place;
use crate::tags::{Shown, tell_failures};
use crate::{format, say};

/// The words for an action.
pub(crate) struct Words {
    /// Such as "Pulled".
    pub(crate) done: &'static str,
    /// Such as "Dry run: would pull".
    pub(crate) planned: &'static str,
    /// Such as "backed up".
    pub(crate) whole: &'static str,
}

/// The outcome of each repository.
pub(crate) struct Moved {
    pub(crate) repositories: Vec<JobReport>,
    place: Place,
}

impl Moved {
    /// Creates the outcome; `place` says how the registries were reached.
    pub(crate) fn new(report: Report, place: &Place) -> Self {
        let mut repositories: Vec<JobReport> = Vec::new();
        for job in report.jobs {
            let known = repositories
                .iter_mut()
                .find(|known| known.from == job.from && known.to == job.to);
            match known {
                Some(known) => join(known, job),
                None => repositories.push(job),
            }
        }
        for repository in &mut repositories {
            repository.tags.sort_by(|a, b| a.tag.as_str().cmp(b.tag.as_str()));
        }
        Self {
            repositories,
            place: place.clone(),
        }
    }

    fn errors(&self) -> impl Iterator<Item = &SyncError> {
        self.repositories.iter().flat_map(JobReport::errors)
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.errors().next().is_none()
    }

    /// Returns the number of tags that were copied or were already up to date.
    pub(crate) fn tags(&self) -> usize {
        let there = |repository: &JobReport| whole(repository).count() + repository.up_to_date;
        self.repositories.iter().map(there).sum()
    }

    /// Fails if a registry expects TLS instead of plain HTTP: the command is then run again, without repeating output.
    pub(crate) fn ensure_scheme(&self) -> anyhow::Result<()> {
        let mut errors = self.errors().map(|error| self.cli_error(error));
        match errors.find(|error| expects_tls(error).is_some()) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Prints each copied tag, and the number per repository.
    pub(crate) fn show(&self, words: &Words, dry_run: bool) -> anyhow::Result<()> {
        let verb = if dry_run { words.planned } else { words.done };
        for repository in &self.repositories {
            for tag in whole(repository) {
                let (name, referrers) = (full(&repository.to.to_string(), &tag.tag), tag.referrers);
                format::line(format!("{verb} {name} with {referrers} referrer(s)"))?;
            }
            if repository.up_to_date > 0 {
                let (name, there) = (&repository.to, repository.up_to_date);
                format::line(format!("{there} tag(s) of {name} were there already"))?;
            }
        }
        Ok(())
    }

    /// Returns the repositories as JSON, with `sources` also their origins.
    pub(crate) fn to_json(&self, sources: bool) -> Value {
        let shown = self.repositories.iter().map(|repository| {
            let mut shown = Map::new();
            if sources {
                shown.insert("source".to_owned(), repository.from.to_string().into());
            }
            shown.insert("reference".to_owned(), repository.to.to_string().into());
            shown.insert("upToDate".to_owned(), repository.up_to_date.into());
            let tags = repository.tags.iter().map(|tag| shown_tag(tag).to_json());
            shown.insert("tags".to_owned(), tags.collect());
            if let Some(error) = &repository.error {
                let error = oras::ErrorChain(error).to_string();
                shown.insert("error".to_owned(), error.into());
            }
            Value::Object(shown)
        });
        shown.collect()
    }

    /// Fails if a copy failed: each failure is printed, and the exit code is that of the first.
    pub(crate) fn ensure_moved(&self, words: &Words) -> anyhow::Result<()> {
        let failed = self.repositories.iter();
        let failed: Vec<_> = failed.filter(|one| one.errors().next().is_some()).collect();
        let Some(first) = self.errors().next() else {
            return Ok(());
        };
        if let [_] = &self.repositories[..]
            && self.errors().count() == 1
        {
            return Err(self.cli_error(first));
        }
        failed.iter().for_each(|repository| self.tell(repository));
        let (count, all) = (failed.len(), self.repositories.len());
        let what = format!(
            "{count} of {all} repositories were not {}, or only in part",
            words.whole
        );
        Err(self.cli_error(first).context(what))
    }

    fn tell(&self, repository: &JobReport) {
        if let Some(error) = &repository.error {
            let reason = Failure::Error(self.cli_error(error));
            say::line(format!("Failed {}: {reason}", repository.from));
        }
        let tags = repository.tags.iter();
        let failed = tags.filter_map(|tag| Some((&tag.tag, self.cli_error(tag.error.as_ref()?))));
        tell_failures(failed, Some(&repository.from.to_string()));
    }

    /// Converts an error to one of this program.
    fn cli_error(&self, error: &SyncError) -> anyhow::Error {
        match error {
            SyncError::Copy(copy) => about(&self.place, Arc::clone(copy)),
            other => about(&self.place, other.clone()),
        }
    }
}

/// Formats a number of repositories.
pub(crate) fn repositories(count: usize) -> String {
    match count {
        1 => "1 repository".to_owned(),
        count => format!("{count} repositories"),
    }
}

/// Returns a repository as a place of a plan.
pub(crate) fn place_of(name: &str) -> SyncPlace {
    SyncPlace::Repository(name.to_owned())
}

fn whole(repository: &JobReport) -> impl Iterator<Item = &TagReport> {
    repository.tags.iter().filter(|tag| tag.error.is_none())
}

/// Adds the outcome of other tags of the same repository. For a duplicate tag, the first outcome counts.
fn join(known: &mut JobReport, other: JobReport) {
    known.up_to_date += other.up_to_date;
    for tag in other.tags {
        if !known.tags.iter().any(|one| one.tag == tag.tag) {
            known.tags.push(tag);
        }
    }
    known.error = known.error.take().or(other.error);
}

fn shown_tag(tag: &TagReport) -> Shown<'_> {
    Shown {
        tag: &tag.tag,
        action: None,
        root: tag.root.as_ref(),
        referrers: tag.referrers,
        previous: None,
        error: tag.error.as_ref().map(|error| error as &(dyn StdError + 'static)),
    }
}
