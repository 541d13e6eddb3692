//! Restoring one repository: its tags keep their names.

use std::time::Instant;

use oras::{CopiedTag, CopyTags, Store, Tag};
use serde_json::{Map, Value};

use super::Restore;
use crate::hint::about;
use crate::place::Place;
use crate::progress::PUSH;
use crate::store::Target;
use crate::{format, tags};

impl Restore {
    /// Restores to one repository or layout.
    pub(super) async fn run_one(&self, place: &Place, backup: &dyn Store) -> anyhow::Result<()> {
        let started = Instant::now();
        let destination = Target::imagine(place, &self.name).await?;
        let wanted = tags::wanted(&destination, backup, &self.input.display().to_string()).await?;
        let copied = self.copy(backup, wanted, place).await?;
        tags::ensure_scheme(&copied, |error| about(place, error))?;
        if self.is_text() {
            self.show(&destination, &copied, started)?;
        } else {
            tags::show_json(&copied, self.about(&destination))?;
        }
        tags::ensure_moved(&copied, "restored", |error| about(place, error))
    }

    async fn copy(
        &self,
        backup: &dyn Store,
        wanted: Vec<Tag>,
        place: &Place,
    ) -> anyhow::Result<Vec<CopiedTag>> {
        let options = tags::options(&self.transfer, PUSH, !self.exclude_referrers);
        let found = CopyTags::find(backup, wanted, &options).await;
        let found = tags::nameable(found, place);
        if self.dry_run || tags::moved(found.tags()) == 0 {
            return Ok(found.tags().to_vec());
        }
        let destination = Target::create(place, &self.name).await?;
        let copied = found.run(destination.writer()?).await;
        if tags::moved(&copied) > 0 {
            destination.finish().await?;
        }
        Ok(copied)
    }

    fn show(&self, destination: &Target, copied: &[CopiedTag], started: Instant) -> anyhow::Result<()> {
        let (moved, name) = (tags::moved(copied), &destination.name);
        self.show_loaded()?;
        tags::show_found(copied, "the backup")?;
        if self.dry_run {
            tags::show_moved(copied, "Dry run: would push")?;
            return format::line(format!(
                "Dry run complete: {moved} tag(s) would be restored to \"{name}\" (no data pushed)"
            ));
        }
        tags::show_moved(copied, "Pushed")?;
        if moved < copied.len() {
            return Ok(());
        }
        let elapsed = tags::elapsed(started);
        format::line(format!(
            "Successfully restored {moved} tag(s) to \"{name}\" in {elapsed}"
        ))
    }

    fn about(&self, destination: &Target) -> Map<String, Value> {
        Map::from_iter([
            ("reference".to_owned(), destination.name.clone().into()),
            ("path".to_owned(), self.input.display().to_string().into()),
            ("dryRun".to_owned(), self.dry_run.into()),
        ])
    }
}
