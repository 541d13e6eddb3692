//! `oras restore`: restores tags of a backup to repositories.

mod chosen;
mod many;
mod one;

use std::path::PathBuf;

use clap::Args;
use oras::sync::Glob;

use crate::args::{Format, Output, Transfer};
use crate::many::Named;
use crate::names::check_reference;
use crate::place::{Place, PlaceArgs};
use crate::progress::bytes;
use crate::{format, layouts};

#[derive(Args, Clone)]
pub(crate) struct Restore {
    /// Destination: registry/repository[:tag[,tag]…], or layout[:tag[,tag]…] with --oci-layout; without tags, all of them. A
    /// backup of several repositories is restored below a registry, or a namespace with a final slash: registry/namespace/
    #[arg(value_name = "NAME")]
    name: String,

    /// Of a backup of several, only repositories that match this pattern, such as 'team/*', with or without the registry; repeatable
    #[arg(long = "repository", value_name = "PATTERN", conflicts_with_all = ["oci-layout", "oci-layout-path"])]
    patterns: Vec<Glob>,

    /// The backup: an OCI image layout, in a folder or an archive
    #[arg(long, value_name = "PATH")]
    input: PathBuf,

    /// Leave out referrers
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
        let place: Place = self.place.clone().into();
        if !place.oci_layout {
            check_reference(&place, &self.name)?;
        }
        let (backup, _) = layouts::open(&self.input).await?;
        if place.oci_layout {
            return self.run_one(&place, &*backup).await;
        }
        let named = Named::read(&*backup).await?;
        match self.chosen(&place, named)? {
            Some(chosen) => self.run_many(&place, backup, chosen).await,
            None => self.run_one(&place, &*backup).await,
        }
    }

    fn is_text(&self) -> bool {
        self.shown.format == Format::Text
    }

    fn show_loaded(&self) -> anyhow::Result<()> {
        let archive = std::fs::metadata(&self.input).ok();
        let Some(archive) = archive.filter(std::fs::Metadata::is_file) else {
            return Ok(());
        };
        let (path, size) = (self.input.display(), bytes(archive.len()));
        format::line(format!("Loaded backup archive: {path} ({size})"))
    }
}
