//! `oras repo delete`: removes tags and keeps their manifests.

use std::pin::pin;

use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use oras::copy::METADATA_CONCURRENCY;
use oras::{Error, ErrorKind, Name, StoreExt, Tag};
use serde_json::json;

use crate::args::{Format, Output};
use crate::causes::{expects_tls, find};
use crate::failure::Failure;
use crate::place::{Place, PlaceArgs};
use crate::removal::is_confirmed;
use crate::store::{Kind, Target};
use crate::untagging::{TagToRemove, untag};
use crate::usage::{Usage, ensure_usage};
use crate::{format, say};

#[derive(Args, Clone)]
pub(crate) struct Delete {
    /// The tags to remove: registry/repository:tag[,tag]…, or layout:tag[,tag]… with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    /// Remove without asking; succeed if a tag does not exist
    #[arg(long, short = 'f')]
    force: bool,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    place: PlaceArgs,
}

impl Delete {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let place: Place = self.place.clone().into();
        let target = Target::change(&place, &self.name).await?;
        let tags = tags(&target)?;
        let going = self.resolved(&target, &tags).await?;
        let question = format!("Remove {} of {}?", named(&tags), target.name);
        if !self.force && !is_confirmed(question).await? {
            return Ok(());
        }
        let removal = Untagged::run(&target, &going, self.force).await;
        removal.show(&target, self.output.format)
    }

    /// Resolves the tags, so that missing ones are reported before the user is prompted.
    async fn resolved(&self, target: &Target, tags: &[Tag]) -> anyhow::Result<Vec<TagToRemove>> {
        let resolving = tags.iter().map(|tag| async move {
            let digest = match self.force {
                true => None,
                false => Some(target.store.resolve(tag).await?.digest),
            };
            let tag = tag.clone();
            Ok(TagToRemove { tag, digest })
        });
        let resolved = stream::iter(resolving).buffered(METADATA_CONCURRENCY);
        resolved.try_collect().await
    }
}

/// Returns the named tags.
fn tags(target: &Target) -> anyhow::Result<Vec<Tag>> {
    let names = target.names();
    let hint = match target.kind {
        Kind::Registry => "; whole repositories are deleted in the registry's own administration",
        Kind::Layout => "; a whole layout is deleted with its folder",
    };
    ensure_usage!(
        !names.is_empty(),
        "{} needs a tag: write {}:<tag>{hint}",
        target.name,
        target.name
    );
    if let Some(digest) = names.iter().find_map(Name::digest) {
        return Err(Usage::error(format!(
            "{digest} is no tag: 'oras manifest delete {}@{digest}' deletes the manifest, with all its tags",
            target.name
        )));
    }
    Ok(names.iter().filter_map(Name::tag).cloned().collect())
}

fn named(tags: &[Tag]) -> String {
    match tags {
        [one] => format!("the tag {one}"),
        several => {
            let names: Vec<&str> = several.iter().map(Tag::as_str).collect();
            format!("the tags {}", names.join(", "))
        }
    }
}

/// The outcome of removing tags.
pub(super) struct Untagged {
    all: usize,
    pub(super) removed: Vec<Tag>,
    pub(super) missing: Vec<Tag>,
    failed: Vec<(Tag, anyhow::Error)>,
}

impl Untagged {
    /// Removes tags; with `may_be_missing`, missing tags are not errors. The first shows whether the place supports it,
    /// before others are removed.
    pub(super) async fn run(target: &Target, all: &[TagToRemove], may_be_missing: bool) -> Self {
        let mut untagged = Self {
            all: all.len(),
            removed: Vec::new(),
            missing: Vec::new(),
            failed: Vec::new(),
        };
        let remove = |going| async move { (going, untag(target, going).await) };
        let (first, others) = all.split_at(all.len().min(1));
        let others = stream::iter(others).map(remove).buffered(METADATA_CONCURRENCY);
        let mut removing = pin!(stream::iter(first).then(remove).chain(others));
        while let Some((TagToRemove { tag, .. }, removed)) = removing.next().await {
            let kind = match removed {
                Ok(()) => {
                    untagged.removed.push(tag.clone());
                    continue;
                }
                Err(error) => untagged.fail(tag, error, may_be_missing),
            };
            if kind == Some(ErrorKind::Unsupported) {
                break;
            }
        }
        untagged
    }

    /// Records a tag that was not removed; the kind of the error decides how.
    fn fail(&mut self, tag: &Tag, error: anyhow::Error, may_be_missing: bool) -> Option<ErrorKind> {
        let kind = find::<Error>(&error).map(|error| *error.kind());
        match kind == Some(ErrorKind::NotFound) && may_be_missing {
            true => self.missing.push(tag.clone()),
            false => self.failed.push((tag.clone(), error)),
        }
        kind
    }

    fn show(self, target: &Target, format: Format) -> anyhow::Result<()> {
        let mut failed = self.failed.iter();
        match format {
            // The command is run again with TLS.
            _ if failed.any(|(_, error)| expects_tls(error).is_some()) => {}
            Format::Json => format::json(&self.as_json(target))?,
            Format::Text => self.show_removed(target)?,
        }
        self.ensure_removed()
    }

    pub(super) fn show_removed(&self, target: &Target) -> anyhow::Result<()> {
        for tag in &self.missing {
            say::note(format!("Missing [{}] {}:{tag}", target.kind.label(), target.name));
        }
        let mut removed = self.removed.iter();
        removed.try_for_each(|tag| {
            format::line(format!(
                "Untagged [{}] {}:{tag}",
                target.kind.label(),
                target.name
            ))
        })
    }

    fn as_json(&self, target: &Target) -> serde_json::Value {
        let names = |tags: &[Tag]| tags.iter().map(|tag| tag.as_str().to_owned()).collect::<Vec<_>>();
        json!({
            "reference": target.name,
            "untagged": names(&self.removed),
            "missing": names(&self.missing),
            "failed": self.failures(),
        })
    }

    pub(super) fn failures(&self) -> Vec<serde_json::Value> {
        let failed = self.failed.iter();
        let failed = failed.map(|(tag, error)| json!({ "tag": tag.as_str(), "error": format!("{error:#}") }));
        failed.collect()
    }

    /// Fails if a tag still exists. The exit code is that of the first failure, and the others are printed.
    pub(super) fn ensure_removed(self) -> anyhow::Result<()> {
        let gone = self.removed.len() + self.missing.len();
        let mut failed = self.failed.into_iter();
        let Some((tag, first)) = failed.next() else {
            return Ok(());
        };
        if self.all == 1 {
            return Err(first);
        }
        for (tag, error) in failed {
            say::line(format!("Failed tag {tag}: {}", Failure::Error(error)));
        }
        Err(first.context(format!(
            "{gone} of {} tags were removed, and {tag} was not",
            self.all
        )))
    }
}
