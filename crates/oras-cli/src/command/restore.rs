//! `oras restore`: tags of a backup, in a repository again.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use oras::{CopiedTag, CopyTags, Store, Tag};
use serde_json::{Map, Value};

use crate::args::{Format, Output, Transfer};
use crate::hint::about;
use crate::place::{Place, PlaceArgs};
use crate::progress::{PUSH, bytes};
use crate::store::Target;
use crate::{format, layouts, tags};

#[derive(Args, Clone)]
pub(crate) struct Restore {
    /// Where to: registry/repository[:tag[,tag]…], or layout[:tag[,tag]…] with --oci-layout; without a tag, all
    #[arg(value_name = "NAME")]
    name: String,

    /// The backup: an OCI image layout, in a folder or an archive
    #[arg(long, value_name = "PATH")]
    input: PathBuf,

    /// Leave out what is attached
    #[arg(long)]
    exclude_referrers: bool,

    /// Show which tags would be restored, and write nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    transfer: Transfer,

    #[command(flatten)]
    shown: Output,

    #[command(flatten)]
    place: PlaceArgs,
}

impl Restore {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let started = Instant::now();
        let place: Place = self.place.clone().into();
        let destination = Target::imagine(&place, &self.name).await?;
        let (backup, _) = layouts::open(&self.input).await?;
        let wanted = tags::wanted(&destination, &*backup, &self.input.display().to_string()).await?;
        let copied = self.copy(&*backup, wanted, &place).await?;
        tags::ensure_understood(&copied, |error| about(&place, error))?;
        if self.is_text() {
            self.show(&destination, &copied, started)?;
        } else {
            tags::show_json(&copied, self.about(&destination))?;
        }
        tags::ensure_moved(&copied, "restored", |error| about(&place, error))
    }

    fn is_text(&self) -> bool {
        self.shown.format == Format::Text
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

    fn show_loaded(&self) -> anyhow::Result<()> {
        let archive = std::fs::metadata(&self.input).ok();
        let Some(archive) = archive.filter(std::fs::Metadata::is_file) else {
            return Ok(());
        };
        let (path, size) = (self.input.display(), bytes(archive.len()));
        format::line(format!("Loaded backup archive: {path} ({size})"))
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
