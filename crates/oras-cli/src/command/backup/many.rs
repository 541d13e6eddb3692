//! Backups of many repositories: each tag is named with its repository.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use oras::copy::{Side, Verifier};
use oras::sync::{
    BoxError, Job, JobReport, Place as SyncPlace, Places, Referrers, SyncError, SyncOptions, SyncPlan, sync,
};
use oras::{Error, Store};
use serde_json::Map;

use super::{Backup, Wanted};
use crate::hint::advised;
use crate::many::{Moved, Output, Registries, View, Words, fits, none_like, place_of, repositories};
use crate::place::Place;
use crate::progress::{PULL, Progress};
use crate::system::Access;
use crate::usage::ensure_usage;
use crate::{format, tags};

const WORDS: Words = Words {
    done: "Pulled",
    planned: "Dry run: would pull",
    whole: "backed up",
};

impl Backup {
    /// Backs up all repositories of registries.
    pub(super) async fn run_all(&self, place: &Place) -> anyhow::Result<()> {
        self.ensure_named().await?;
        let registries = Registries::new(place, Access::Pull);
        registries.check(self.names.iter().map(|name| registry_of(name)))?;
        let mut found = BTreeSet::new();
        for text in &self.names {
            found.extend(self.found(&registries, text).await?);
        }
        let wanted = found.into_iter().map(Wanted::whole).collect();
        self.run_jobs(place, registries, wanted).await
    }

    /// Backs up the named repositories.
    pub(super) async fn run_many(&self, place: &Place, wanted: Vec<Wanted>) -> anyhow::Result<()> {
        let registries = Registries::new(place, Access::Pull);
        registries.check(wanted.iter().map(|one| registry_of(&one.name)))?;
        self.run_jobs(place, registries, wanted).await
    }

    /// Returns the selected repositories of a registry or a namespace.
    async fn found(&self, registries: &Registries, text: &str) -> anyhow::Result<Vec<String>> {
        let namespace = text.split_once('/').map_or("", |(_, namespace)| namespace);
        ensure_usage!(
            !namespace.contains([':', '@']),
            "--all takes registry[/namespace], and {text} names a tag or a digest: leave that out, or leave out --all"
        );
        let listed = registries.list(text).await?;
        if listed.is_empty() {
            let advice = match namespace {
                "" => format!("'oras repo ls {text}' lists the repositories of a registry"),
                _ => format!("for the repository {text} itself, leave out --all"),
            };
            let absent = Error::not_found(format!("a repository in {text}"));
            return Err(advised(absent, advice));
        }
        let mut wanted = listed;
        wanted.retain(|name| fits(&self.patterns, name));
        match wanted.is_empty() {
            true => Err(advised(
                none_like(&self.patterns, text),
                "check the pattern, and quote it: a shell may read it, too",
            )),
            false => Ok(wanted),
        }
    }

    async fn run_jobs(
        &self,
        place: &Place,
        registries: Registries,
        wanted: Vec<Wanted>,
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        let output = Arc::new(Output::open(&self.output).await?);
        let sources = registries;
        let stores = Stores { sources, output };
        let report = Box::pin(sync(&self.plan(&wanted), &stores, &self.options())).await;
        let mut moved = Moved::new(report, place);
        moved.ensure_scheme()?;
        match self.all {
            true => self.drop_empty(&mut moved)?,
            false => tell_empty(&mut moved, &wanted),
        }
        let is_any = moved.tags() > 0;
        let is_kept = match self.dry_run {
            true => is_any,
            false => is_any && stores.output.finish(moved.is_whole()).await?,
        };
        self.show_many(&moved, is_kept, started)?;
        moved
            .ensure_moved(&WORDS)
            .map_err(|error| match self.output.is_file() && !is_kept && !self.dry_run {
                true => advised(error, self.advice()),
                false => error,
            })
    }

    fn plan(&self, wanted: &[Wanted]) -> SyncPlan {
        let referrers = match self.include_referrers {
            true => Referrers::All,
            false => Referrers::None,
        };
        SyncPlan::new(wanted.iter().flat_map(|one| {
            let selections = one.selections().into_iter();
            selections.map(|tags| {
                Job::new(place_of(&one.name), place_of(&one.name))
                    .with_tags(tags)
                    .with_referrers(referrers.clone())
                    .with_digest_tags(true)
            })
        }))
    }

    fn options(&self) -> SyncOptions {
        SyncOptions::default()
            .with_concurrency(self.transfer.concurrency())
            .with_dry_run(self.dry_run)
            .with_events(Progress::new(PULL, &self.transfer))
    }

    /// Removes repositories without tags, which a registry may list.
    fn drop_empty(&self, moved: &mut Moved) -> anyhow::Result<()> {
        moved.repositories.retain(|repository| !is_empty(repository));
        match moved.repositories.is_empty() {
            true => Err(Error::not_found(format!("a tag in {}", self.names.join(", "))).into()),
            false => Ok(()),
        }
    }

    fn show_many(&self, moved: &Moved, is_kept: bool, started: Instant) -> anyhow::Result<()> {
        if !self.is_text() {
            let about = [
                ("path".to_owned(), self.output.display().to_string().into()),
                ("dryRun".to_owned(), self.dry_run.into()),
                ("written".to_owned(), (is_kept && !self.dry_run).into()),
                ("repositories".to_owned(), moved.to_json(false)),
            ];
            return format::json(&Map::from_iter(about));
        }
        if !is_kept {
            return Ok(());
        }
        let (path, count) = (self.output.display(), moved.tags());
        let of = repositories(moved.repositories.len());
        moved.show(&WORDS, self.dry_run)?;
        if self.dry_run {
            return format::line(format!(
                "Dry run complete: {count} tag(s) of {of} would be backed up to \"{path}\" (no data written)"
            ));
        }
        self.show_archive()?;
        match moved.is_whole() {
            false => Ok(()),
            true => format::line(format!(
                "Successfully backed up {count} tag(s) of {of} to \"{path}\" in {}.",
                tags::elapsed(started)
            )),
        }
    }
}

/// The registries as sources, and the layout as the destination.
struct Stores {
    sources: Registries,
    output: Arc<Output>,
}

#[async_trait]
impl Places for Stores {
    async fn source(&self, place: &SyncPlace) -> Result<Arc<dyn Store>, BoxError> {
        Ok(self.sources.repository(&place.to_string())?)
    }

    async fn destination(&self, place: &SyncPlace, _: bool) -> Result<Arc<dyn Store>, BoxError> {
        let view = View::of_output(&self.output, &place.to_string());
        Ok(Arc::new(view))
    }

    fn verifier(&self, place: &SyncPlace) -> Result<Option<Arc<dyn Verifier>>, BoxError> {
        Ok(self.sources.verifier(&place.to_string())?)
    }

    /// Not called, because the plan has only repositories.
    async fn repositories(&self, _: &str) -> Result<Vec<String>, BoxError> {
        Ok(Vec::new())
    }
}

/// Whether a repository is known to have no tags.
fn is_empty(repository: &JobReport) -> bool {
    let is_absent = match &repository.error {
        None => true,
        Some(SyncError::List { source, .. }) => {
            let error = source.downcast_ref::<Error>();
            error.is_some_and(Error::is_not_found)
        }
        Some(_) => false,
    };
    is_absent && repository.tags.is_empty() && repository.up_to_date == 0
}

/// Reports a failure for each named repository of which no tag was selected.
fn tell_empty(moved: &mut Moved, wanted: &[Wanted]) {
    let each = moved.repositories.iter_mut().zip(wanted);
    for (repository, wanted) in each.filter(|(repository, _)| is_empty(repository)) {
        repository.error.get_or_insert_with(|| SyncError::List {
            side: Side::Source,
            place: wanted.name.clone(),
            source: Arc::new(Error::not_found(wanted.described())),
        });
    }
}

fn registry_of(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}
