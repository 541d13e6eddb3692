//! `oras blob fetch`: prints or saves a blob unchanged.

use std::path::{Path, PathBuf};

use clap::Args;
use futures_util::TryStreamExt;
use oras::{Descriptor, Store, StoreExt};

use super::digest_of;
use crate::args::{Format, Output};
use crate::place::{Place, PlaceArgs};
use crate::store::Target;
use crate::usage::ensure_usage;
use crate::{format, output};

#[derive(Args, Clone)]
pub(crate) struct Fetch {
    /// What to fetch: registry/repository@digest, or layout@digest with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    /// Show the descriptor; the blob is fetched only with --output
    #[arg(long)]
    descriptor: bool,

    /// Write the blob to this file; - writes to stdout
    #[arg(long = "output", short = 'o', value_name = "FILE")]
    file: Option<PathBuf>,

    /// Indent the descriptor
    #[arg(long, requires = "descriptor")]
    pretty: bool,

    /// Accepted for compatibility: no progress is shown
    #[arg(long, hide = true)]
    no_tty: bool,

    #[command(flatten)]
    place: PlaceArgs,

    #[command(flatten)]
    output: Output,
}

impl Fetch {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let shows = self.descriptor || self.output.format == Format::Json;
        let to_stdout = self.file.as_deref() == Some(Path::new("-"));
        ensure_usage!(
            self.file.is_some() || shows,
            "say where the blob goes: --output <file>, or --output - for stdout"
        );
        ensure_usage!(
            !(to_stdout && shows),
            "stdout takes the blob or its descriptor, not both"
        );
        let place: Place = self.place.into();
        let target = Target::open(&place, &self.name).await?;
        let blob = target.store.resolve_blob(digest_of(&target)?).await?;
        match &self.file {
            Some(_) if to_stdout => write_out(&target, &blob).await?,
            Some(file) => output::write_content(file, target.store.fetch(&blob).await?).await?,
            None => {}
        }
        match (self.output.format, self.descriptor) {
            (Format::Text, false) => Ok(()),
            (format, _) => format::descriptor(&target.name, &blob, format, self.pretty),
        }
    }
}

/// Writes the blob to stdout. Written bytes cannot be taken back, so the reader must check the exit code.
async fn write_out(target: &Target, blob: &Descriptor) -> anyhow::Result<()> {
    let mut content = target.store.fetch(blob).await?;
    while let Some(frame) = content.try_next().await? {
        format::bytes(&frame)?;
    }
    Ok(())
}
