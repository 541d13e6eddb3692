//! `oras backup`: tags of a repository, in an image layout.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use oras::{CopiedTag, CopyTags, StoreExt, Tag};
use serde_json::{Map, Value};

use crate::args::{Format, Output, Transfer};
use crate::hint::{about, advised};
use crate::place::{Place, PlaceArgs};
use crate::progress::{PULL, bytes};
use crate::store::Target;
use crate::{format, layouts, tags};

#[derive(Args, Clone)]
pub(crate) struct Backup {
    /// What to back up: registry/repository[:tag[,tag]…], or layout[:tag[,tag]…] with --oci-layout; without a tag, all
    #[arg(value_name = "NAME")]
    name: String,

    /// Where to: a folder, to which the tags are added; or a new archive, where the name ends in .tar
    #[arg(long, short = 'o', value_name = "PATH")]
    output: PathBuf,

    /// Take along what is attached, such as signatures and SBOMs
    #[arg(long)]
    include_referrers: bool,

    /// Show which tags would be backed up, and write nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    transfer: Transfer,

    #[command(flatten)]
    shown: Output,

    #[command(flatten)]
    place: PlaceArgs,
}

impl Backup {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let started = Instant::now();
        let place: Place = self.place.clone().into();
        let source = Target::open(&place, &self.name).await?;
        let wanted = tags::wanted(&source, &*source.store, &source.name).await?;
        let (copied, is_kept) = self.copy(&source, &place, wanted).await?;
        match self.is_text() {
            true if is_kept => self.show(&source, &copied, started)?,
            true => {}
            false => tags::show_json(&copied, self.about(&source, is_kept))?,
        }
        tags::ensure_moved(&copied, "backed up", |error| about(&place, error)).map_err(|error| {
            match self.output.is_file() && !is_kept {
                true => advised(error, self.advice()),
                false => error,
            }
        })
    }

    /// What to do where an archive was not replaced.
    fn advice(&self) -> String {
        let path = self.output.display();
        format!("{path} stays as it was: mend what failed, and run it again")
    }

    fn is_text(&self) -> bool {
        self.shown.format == Format::Text
    }

    /// Moves the tags; whether what was moved is kept.
    async fn copy(
        &self,
        source: &Target,
        place: &Place,
        wanted: Vec<Tag>,
    ) -> anyhow::Result<(Vec<CopiedTag>, bool)> {
        let mut options = tags::options(&self.transfer, PULL, self.include_referrers);
        options.extended.copy = source.approving(options.extended.copy)?;
        let found = CopyTags::find(&*source.store, wanted, &options).await;
        tags::ensure_understood(found.tags(), |error| about(place, error))?;
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
        // Only what has all tags takes the place of another archive.
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
        if let Some(size) = self.archive_size() {
            format::line(format!("Exported to {path} ({})", bytes(size)))?;
        }
        if moved < copied.len() {
            return Ok(());
        }
        let (name, elapsed) = (&source.name, tags::elapsed(started));
        format::line(format!(
            "Successfully backed up {moved} tag(s) from \"{name}\" to \"{path}\" in {elapsed}."
        ))
    }

    fn archive_size(&self) -> Option<u64> {
        let metadata = std::fs::metadata(&self.output).ok()?;
        metadata.is_file().then_some(metadata.len())
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
