//! `oras layout gc`: removes unreferenced content from a layout.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use oras::layout::{GcOptions, GcReport, Tally};
use oras::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::args::{Format, Output};
use crate::format;
use crate::hint::advised;
use crate::progress::{bytes, named};

#[derive(Args, Clone)]
pub(crate) struct Gc {
    /// The folder of the layout
    #[arg(value_name = "PATH")]
    path: PathBuf,

    /// Show what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,

    /// Keep files younger than this, such as 30m or 48h
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    grace: Duration,

    /// Also remove untagged manifests, unless they are referrers of content that is kept
    #[arg(long)]
    untagged: bool,

    /// Continue if a manifest is missing, and remove what only it refers to
    #[arg(long)]
    allow_missing: bool,

    #[command(flatten)]
    output: Output,
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<SignedDuration>().ok();
    let parsed = parsed.and_then(|duration| Duration::try_from(duration).ok());
    parsed.ok_or_else(|| "write a number of hours, minutes or seconds, such as 48h, 30m or 0s".to_owned())
}

impl Gc {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let layout = super::open(&self.path).await?;
        let options = GcOptions::default()
            .with_grace(self.grace)
            .with_dry_run(self.dry_run)
            .with_remove_untagged(self.untagged)
            .with_allow_missing(self.allow_missing);
        let report = layout.gc(options).await.map_err(|error| self.advised(error))?;
        match self.output.format {
            Format::Json => format::json(&self.as_json(&report)),
            Format::Text => self.show(&report),
        }
    }

    /// Adds advice to the error for a manifest that cannot be read.
    fn advised(&self, error: Error) -> anyhow::Error {
        let repair = format!(
            "repair it with 'oras layout repair {} --from <name>'",
            self.path.display()
        );
        match error.kind() {
            ErrorKind::MissingContent => advised(error, format!("{repair}, or add --allow-missing")),
            ErrorKind::Verify | ErrorKind::InvalidManifest => advised(error, repair),
            _ => error.into(),
        }
    }

    fn show(&self, report: &GcReport) -> anyhow::Result<()> {
        let (remove, removed) = match self.dry_run {
            true => ("Would remove", "would be removed"),
            false => ("Removed", "removed"),
        };
        for blob in &report.removed_blobs {
            format::line(format!("{remove} {}", named(blob)))?;
        }
        format::line(format!(
            "{} {removed}, {} too young, {} kept",
            tally(report.removed),
            tally(report.fresh),
            tally(report.kept)
        ))
    }

    fn as_json(&self, report: &GcReport) -> Value {
        let tally = |tally: Tally| json!({ "blobs": tally.blobs, "bytes": tally.bytes });
        json!({
            "path": self.path.display().to_string(),
            "dryRun": self.dry_run,
            "removed": tally(report.removed),
            "fresh": tally(report.fresh),
            "kept": tally(report.kept),
            "removedBlobs": report.removed_blobs,
            "unlisted": report.unlisted,
            "leftovers": report.leftovers,
        })
    }
}

fn tally(tally: Tally) -> String {
    format!("{} ({})", super::blobs(tally.blobs), bytes(tally.bytes))
}
