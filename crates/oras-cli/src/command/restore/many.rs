//! Restoring several repositories, each below the named registry or namespace.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use oras::Store;
use oras::sync::{
    BoxError, Job, Place as SyncPlace, Places, Referrers, SyncOptions, SyncPlan, TagSelection, sync,
};
use serde_json::Map;

use super::Restore;
use super::chosen::Chosen;
use crate::many::{Moved, Registries, View, Words, place_of, repositories};
use crate::place::Place;
use crate::progress::{PUSH, Progress};
use crate::system::Access;
use crate::{format, tags};

const WORDS: Words = Words {
    done: "Pushed",
    planned: "Dry run: would push",
    whole: "restored",
};

impl Restore {
    /// Restores repositories of a backup of several.
    pub(super) async fn run_many(
        &self,
        place: &Place,
        backup: Arc<dyn Store>,
        chosen: Vec<Chosen>,
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        let stores = Stores {
            backup,
            destinations: Registries::new(place, Access::Push),
        };
        let plan = SyncPlan::new(chosen.into_iter().map(|one| self.job(one)));
        let report = Box::pin(sync(&plan, &stores, &self.options())).await;
        let moved = Moved::new(report, place);
        moved.ensure_scheme()?;
        match self.is_text() {
            true => self.show_many(&moved, started)?,
            false => self.show_document(&moved)?,
        }
        moved.ensure_moved(&WORDS)
    }

    fn job(&self, chosen: Chosen) -> Job {
        let referrers = match self.exclude_referrers {
            true => Referrers::None,
            false => Referrers::All,
        };
        Job::new(place_of(&chosen.source), place_of(&chosen.destination))
            .with_tags(TagSelection::These(chosen.tags))
            .with_referrers(referrers)
    }

    fn options(&self) -> SyncOptions {
        SyncOptions::default()
            .with_concurrency(self.transfer.concurrency())
            .with_dry_run(self.dry_run)
            .with_events(Progress::new(PUSH, &self.transfer))
    }

    fn show_document(&self, moved: &Moved) -> anyhow::Result<()> {
        let about = [
            ("reference".to_owned(), self.name.clone().into()),
            ("path".to_owned(), self.input.display().to_string().into()),
            ("dryRun".to_owned(), self.dry_run.into()),
            ("repositories".to_owned(), moved.to_json(true)),
        ];
        format::json(&Map::from_iter(about))
    }

    fn show_many(&self, moved: &Moved, started: Instant) -> anyhow::Result<()> {
        let (name, count) = (&self.name, moved.tags());
        let of = repositories(moved.repositories.len());
        self.show_loaded()?;
        moved.show(&WORDS, self.dry_run)?;
        if self.dry_run {
            return format::line(format!(
                "Dry run complete: {count} tag(s) of {of} would be restored to \"{name}\" (no data pushed)"
            ));
        }
        match moved.is_whole() {
            false => Ok(()),
            true => format::line(format!(
                "Successfully restored {count} tag(s) of {of} to \"{name}\" in {}",
                tags::elapsed(started)
            )),
        }
    }
}

/// The backup as the source, and the registry as the destination.
struct Stores {
    backup: Arc<dyn Store>,
    destinations: Registries,
}

#[async_trait]
impl Places for Stores {
    async fn source(&self, place: &SyncPlace) -> Result<Arc<dyn Store>, BoxError> {
        let view = View::of_backup(&self.backup, &place.to_string());
        Ok(Arc::new(view))
    }

    async fn destination(&self, place: &SyncPlace, _: bool) -> Result<Arc<dyn Store>, BoxError> {
        Ok(self.destinations.repository(&place.to_string())?)
    }

    /// Not called, because the plan has only repositories.
    async fn repositories(&self, _: &str) -> Result<Vec<String>, BoxError> {
        Ok(Vec::new())
    }
}
