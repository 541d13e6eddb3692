//! Backups of one repository: its tags keep their names.

use std::time::Instant;

use oras::{CopiedTag, CopyTags, StoreExt, Tag};
use serde_json::{Map, Value};

use super::{Backup, Wanted};
use crate::hint::{about, advised};
use crate::place::Place;
use crate::progress::PULL;
use crate::store::Target;
use crate::{format, layouts, tags};

impl Backup {
    /// Backs up one repository or layout.
    pub(super) async fn run_one(&self, place: &Place, wanted: Wanted) -> anyhow::Result<()> {
        let started = Instant::now();
        let source = Target::open(place, &wanted.text()).await?;
        let wanted = wanted.tags(&source).await?;
        self.ensure_same_form(&wanted.iter().cloned().collect()).await?;
        let (copied, is_kept) = self.copy(&source, place, wanted).await?;
        match self.is_text() {
            true if is_kept => self.show(&source, &copied, started)?,
            true => {}
            false => tags::show_json(&copied, self.about(&source, is_kept))?,
        }
        tags::ensure_moved(&copied, "backed up", |error| about(place, error)).map_err(|error| {
            match self.output.is_file() && !is_kept {
                true => advised(error, self.advice()),
                false => error,
            }
        })
    }

    /// Copies the tags, and returns whether the result is kept.
    async fn copy(
        &self,
        source: &Target,
        place: &Place,
        wanted: Vec<Tag>,
    ) -> anyhow::Result<(Vec<CopiedTag>, bool)> {
        let mut options = tags::options(&self.transfer, PULL, self.include_referrers);
        options.extended.copy = source.with_policy(options.extended.copy)?;
        let found = CopyTags::find(&*source.store, wanted, &options).await;
        tags::ensure_scheme(found.tags(), |error| about(place, error))?;
        if self.is_text() {
            tags::show_found(found.tags(), &source.name)?;
        }
        let is_found = tags::moved(found.tags()) > 0;
        if self.dry_run || !is_found {
            return Ok((found.tags().to_vec(), is_found));
        }
        let replaces = self.output.is_file();
        let (store, archive) = layouts::replace(&self.output).await?;
        let copied = found.run(store.as_writer()?).await;
        let moved = tags::moved(&copied);
        let Some(archive) = archive else {
            return Ok((copied, moved > 0));
        };
        // An existing archive is replaced only if all tags were copied.
        let is_kept = moved == copied.len() || (moved > 0 && !replaces);
        if is_kept {
            archive.finish().await?;
        }
        Ok((copied, is_kept))
    }

    fn show(&self, source: &Target, copied: &[CopiedTag], started: Instant) -> anyhow::Result<()> {
        let (moved, path) = (tags::moved(copied), self.output.display());
        if self.dry_run {
            tags::show_moved(copied, "Dry run: would pull")?;
            return format::line(format!(
                "Dry run complete: {moved} tag(s) would be backed up to \"{path}\" (no data written)"
            ));
        }
        tags::show_moved(copied, "Pulled")?;
        self.show_archive()?;
        if moved < copied.len() {
            return Ok(());
        }
        let (name, elapsed) = (&source.name, tags::elapsed(started));
        format::line(format!(
            "Successfully backed up {moved} tag(s) from \"{name}\" to \"{path}\" in {elapsed}."
        ))
    }

    fn about(&self, source: &Target, is_kept: bool) -> Map<String, Value> {
        Map::from_iter([
            ("reference".to_owned(), source.name.clone().into()),
            ("path".to_owned(), self.output.display().to_string().into()),
            ("dryRun".to_owned(), self.dry_run.into()),
            ("written".to_owned(), (is_kept && !self.dry_run).into()),
        ])
    }
}
