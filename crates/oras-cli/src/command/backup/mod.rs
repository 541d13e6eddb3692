//! `oras backup`: tags of repositories, saved in an image layout.

mod many;
mod one;
mod wanted;

use std::path::PathBuf;

use clap::Args;
use oras::sync::Glob;

use self::wanted::Wanted;
use crate::args::{Format, Output, Transfer};
use crate::many::Named;
use crate::place::{Place, PlaceArgs};
use crate::progress::bytes;
use crate::usage::{Usage, ensure_usage};
use crate::{format, layouts, say};

#[derive(Args, Clone)]
pub(crate) struct Backup {
    /// What to back up: registry/repository[:tag[,tag]…], or layout[:tag[,tag]…] with --oci-layout; without tags, all of
    /// them. A tag may be a pattern: * matches any text, ? any character
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,

    /// Back up all repositories of a registry, or of a namespace in it: each NAME is registry[/namespace]
    #[arg(long, conflicts_with_all = ["oci-layout", "oci-layout-path"])]
    all: bool,

    /// With --all, only repositories that match this pattern, such as 'team/*', with or without the registry; repeatable
    #[arg(long = "repository", value_name = "PATTERN", requires = "all")]
    patterns: Vec<Glob>,

    /// Destination: a folder, to which the tags are added, or a new archive if the name ends in .tar
    #[arg(long, short = 'o', value_name = "PATH")]
    output: PathBuf,

    /// Include referrers, such as signatures and SBOMs
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
        let place: Place = self.place.clone().into();
        if place.oci_layout {
            let [name] = &self.names[..] else {
                return Err(Usage::error(
                    "a layout is backed up alone: run the command once for each",
                ));
            };
            return self.run_one(&place, Wanted::of_layout(&place, name)).await;
        }
        if self.all {
            return self.run_all(&place).await;
        }
        let mut wanted = Wanted::of_repositories(&place, &self.names)?;
        if wanted.len() > 1 {
            self.ensure_named().await?;
            return self.run_many(&place, wanted).await;
        }
        match wanted.pop() {
            Some(one) if self.is_of_many().await? => self.run_many(&place, vec![one]).await,
            Some(one) => self.run_one(&place, one).await,
            None => Ok(()),
        }
    }

    /// Returns the tags of the folder that is added to.
    async fn there(&self) -> anyhow::Result<Named> {
        match layouts::added_to(&self.output).await {
            Some(layout) => Named::read(&layout).await,
            None => Ok(Named::default()),
        }
    }

    /// Refuses to add tags of several repositories to tags that do not name their repository.
    async fn ensure_named(&self) -> anyhow::Result<()> {
        let (there, path) = (self.there().await?, self.output.display());
        ensure_usage!(
            there.plain.is_empty(),
            "{path} has tags without a repository, such as {}, and a backup of many names each tag with its repository: choose another folder",
            there.plain[0]
        );
        Ok(())
    }

    /// Whether the folder has tags of several repositories, so that the tags of one more must name their repository, too.
    async fn is_of_many(&self) -> anyhow::Result<bool> {
        let there = self.there().await?;
        let Some(example) = there.example().filter(|_| there.plain.is_empty()) else {
            return Ok(false);
        };
        let path = self.output.display();
        say::note(format!(
            "{path} has tags that name their repository, such as {example}: the new ones do, too"
        ));
        Ok(true)
    }

    /// Refuses to add tags of one form to a folder that has only tags of the other.
    async fn ensure_same_form(&self, new: &Named) -> anyhow::Result<()> {
        let (there, path) = (self.there().await?, self.output.display());
        let is_plain = there.repositories.is_empty();
        let is_named = there.plain.is_empty();
        if let (Some(plain), Some(named), true) = (new.plain.first(), there.example(), is_named) {
            return Err(Usage::error(format!(
                "{path} has tags of many repositories, such as {named}, and {plain} names none: choose another folder"
            )));
        }
        if let (Some(plain), Some(named), true) = (there.plain.first(), new.example(), is_plain) {
            return Err(Usage::error(format!(
                "{path} has tags without a repository, such as {plain}, and {named} names one: choose another folder"
            )));
        }
        Ok(())
    }

    /// Returns the advice if an archive was not replaced.
    fn advice(&self) -> String {
        let path = self.output.display();
        format!("{path} is unchanged: fix what failed, and run it again")
    }

    fn is_text(&self) -> bool {
        self.shown.format == Format::Text
    }

    fn show_archive(&self) -> anyhow::Result<()> {
        let metadata = std::fs::metadata(&self.output).ok();
        let Some(archive) = metadata.filter(std::fs::Metadata::is_file) else {
            return Ok(());
        };
        let (path, size) = (self.output.display(), bytes(archive.len()));
        format::line(format!("Exported to {path} ({size})"))
    }
}
