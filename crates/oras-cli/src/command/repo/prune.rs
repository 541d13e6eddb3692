//! `oras repo prune`: removes old tags.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::time::Duration;

use clap::{ArgGroup, Args};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use oras::content::TagListOptions;
use oras::sync::{Dates, Glob};
use oras::{Digest, StoreExt, Tag};
use serde_json::{Value, json};

use super::delete::Untagged;
use super::is_digest_tag;
use crate::args::{Format, Output};
use crate::duration::duration;
use crate::place::{Place, PlaceArgs};
use crate::removal::is_confirmed;
use crate::store::Target;
use crate::untagging::TagToRemove;
use crate::usage::ensure_usage;
use crate::{format, say};

/// Number of tags whose dates are read at once.
const AT_ONCE: usize = 16;

#[derive(Args, Clone)]
#[command(group = ArgGroup::new("which").args(["keep", "older_than"]).required(true).multiple(true))]
pub(crate) struct Prune {
    /// The repository: registry/repository, or layout with --oci-layout; nothing with --oci-layout-path
    #[arg(
        value_name = "NAME",
        default_value = "",
        hide_default_value = true,
        required_unless_present = "oci-layout-path"
    )]
    name: String,

    /// Keep this many of the newest tags
    #[arg(long, value_name = "COUNT")]
    keep: Option<usize>,

    /// Remove only tags whose manifest is older than this, such as 36h, 30d or 8w
    #[arg(long, value_name = "AGE", value_parser = duration)]
    older_than: Option<Duration>,

    /// Consider only tags that match this pattern: * matches any text, ? any character
    #[arg(
        long = "match",
        value_name = "PATTERN",
        default_value = "*",
        hide_default_value = true
    )]
    pattern: Glob,

    /// Treat tags without a date as the oldest; by default they are kept
    #[arg(long)]
    undated: bool,

    /// Show what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,

    /// Remove without asking
    #[arg(long, short = 'f')]
    force: bool,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    place: PlaceArgs,
}

/// A tag, and the creation date of its artifact.
struct Dated {
    tag: Tag,
    digest: Digest,
    created: Option<Timestamp>,
}

impl Prune {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let asks = !self.force && !self.dry_run;
        ensure_usage!(
            !asks || std::io::stdin().is_terminal(),
            "there is no terminal to ask at: add --dry-run to see what would be removed, or --force to remove it"
        );
        let place: Place = self.place.clone().into();
        let target = Target::change(&place, &self.name).await?;
        ensure_usage!(
            target.names().is_empty(),
            "tags are chosen by age and pattern: write only {}, and --match for a pattern",
            target.name
        );
        let (old, kept) = self.chosen(self.dated(&target).await?);
        if asks && !old.is_empty() {
            old.iter().for_each(|dated| say::line(dated.line("Remove")));
            let question = format!("Remove {} tag(s) of {}?", old.len(), target.name);
            if !is_confirmed(question).await? {
                return Ok(());
            }
        }
        let going: Vec<TagToRemove> = match self.dry_run {
            true => Vec::new(),
            false => old.iter().map(Dated::going).collect(),
        };
        let untagged = Untagged::run(&target, &going, true).await;
        match self.output.format {
            Format::Json => format::json(&self.as_json(&target, &old, &kept, &untagged))?,
            Format::Text => self.show(&target, &old, &kept, &untagged)?,
        }
        untagged.ensure_removed()
    }

    /// Returns the considered tags with their dates. Tags that belong to other artifacts are ignored.
    async fn dated(&self, target: &Target) -> anyhow::Result<Vec<Dated>> {
        // A tag that is created while the pages are read may be listed twice.
        let listed: BTreeSet<String> = target
            .store
            .as_tag_lister()?
            .tags(TagListOptions::default())
            .try_filter(|tag| std::future::ready(self.pattern.fits(tag) && !is_digest_tag(tag)))
            .try_collect()
            .await?;
        let tags: Vec<Tag> = listed.iter().map(|tag| tag.parse()).collect::<Result<_, _>>()?;
        let dates = &Dates::of(&*target.store);
        stream::iter(tags)
            .map(|tag| async move {
                let (digest, created) = dates.created(&tag).await?;
                Ok(Dated { tag, digest, created })
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    /// Splits the tags into those to remove and those to keep, newest first.
    fn chosen(&self, mut all: Vec<Dated>) -> (Vec<Dated>, Vec<Dated>) {
        // Tags without a date come last.
        all.sort_by(|a, b| {
            b.created
                .cmp(&a.created)
                .then_with(|| b.tag.as_str().cmp(a.tag.as_str()))
        });
        let now = Timestamp::now();
        let is_old = |dated: &Dated| match (dated.created, self.older_than) {
            (None, _) => self.undated,
            (Some(_), None) => true,
            (Some(created), Some(age)) => now.duration_since(created).unsigned_abs() > age && created < now,
        };
        let mut place = 0;
        all.into_iter().partition(|dated| {
            let counts = dated.created.is_some() || self.undated;
            place += usize::from(counts);
            counts && place > self.keep.unwrap_or(0) && is_old(dated)
        })
    }

    fn show(
        &self,
        target: &Target,
        old: &[Dated],
        kept: &[Dated],
        untagged: &Untagged,
    ) -> anyhow::Result<()> {
        let (removed, words) = match self.dry_run {
            true => {
                old.iter()
                    .try_for_each(|dated| format::line(dated.line("Would remove")))?;
                (old.len(), "would be removed")
            }
            false => {
                untagged.show_removed(target)?;
                (untagged.removed.len(), "removed")
            }
        };
        let undated = kept.iter().filter(|dated| dated.created.is_none()).count();
        let kept = kept.len() + old.len() - removed - untagged.missing.len();
        format::line(format!(
            "{removed} tag(s) {words}, {kept} kept, {undated} of them without a date"
        ))
    }

    fn as_json(&self, target: &Target, old: &[Dated], kept: &[Dated], untagged: &Untagged) -> Value {
        let is_removed = |dated: &&Dated| self.dry_run || untagged.removed.contains(&dated.tag);
        let removed = old.iter().filter(is_removed);
        json!({
            "reference": target.name,
            "dryRun": self.dry_run,
            "removed": removed.map(Dated::as_json).collect::<Vec<_>>(),
            "kept": kept.iter().map(Dated::as_json).collect::<Vec<_>>(),
            "failed": untagged.failures(),
        })
    }
}

impl Dated {
    fn going(&self) -> TagToRemove {
        TagToRemove {
            tag: self.tag.clone(),
            digest: Some(self.digest.clone()),
        }
    }

    fn line(&self, verb: &str) -> String {
        match self.created {
            Some(created) => format!("{verb} {} ({created})", self.tag),
            None => format!("{verb} {} (no date)", self.tag),
        }
    }

    fn as_json(&self) -> Value {
        json!({ "tag": self.tag.as_str(), "created": self.created.map(|created| created.to_string()) })
    }
}
