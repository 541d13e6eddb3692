//! `oras repo delete`: tags go, and what they stood for stays.

use clap::Args;
use oras::{Name, StoreExt, Tag};
use serde_json::json;

use crate::args::{Format, Output};
use crate::failure::Failure;
use crate::place::{Place, PlaceArgs};
use crate::removal::is_confirmed;
use crate::store::Target;
use crate::untagging::untag;
use crate::usage::{Usage, ensure_usage};
use crate::{format, say};

const EXAMPLES: &str = "Examples:
  oras repo delete registry.example/app:v1,v2
  oras repo delete --oci-layout backup:v1 --force";

#[derive(Args, Clone)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Delete {
    /// The tags to remove: registry/repository:tag[,tag]…, or layout:tag[,tag]… with --oci-layout
    #[arg(value_name = "NAME")]
    name: String,

    /// Remove without asking; a tag that is not there is no error
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
        let target = Target::open(&place, &self.name).await?;
        let tags = tags(&target)?;
        if !self.force {
            // What is not there is told before anybody is asked.
            for tag in &tags {
                target.store.resolve(tag).await?;
            }
            let question = format!("Remove {} of {}?", named(&tags), target.name);
            if !is_confirmed(question).await? {
                return Ok(());
            }
        }
        let mut removal = Untagged::default();
        for tag in &tags {
            removal.untag(&target, tag, self.force).await;
        }
        removal.show(&target, self.output.format)
    }
}

/// The tags that are named.
fn tags(target: &Target) -> anyhow::Result<Vec<Tag>> {
    let names = target.names();
    ensure_usage!(
        !names.is_empty(),
        "{} needs a tag: write {}:<tag>; a repository as a whole is deleted where it is administered",
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

/// What became of tags that were to be removed.
#[derive(Default)]
pub(super) struct Untagged {
    pub(super) removed: Vec<Tag>,
    pub(super) missing: Vec<Tag>,
    pub(super) failed: Vec<(Tag, anyhow::Error)>,
}

impl Untagged {
    pub(super) async fn untag(&mut self, target: &Target, tag: &Tag, may_be_missing: bool) {
        match untag(target, tag).await {
            Ok(_) => self.removed.push(tag.clone()),
            Err(error) if may_be_missing && is_not_found(&error) => self.missing.push(tag.clone()),
            Err(error) => self.failed.push((tag.clone(), error)),
        }
    }

    fn show(self, target: &Target, format: Format) -> anyhow::Result<()> {
        match format {
            Format::Json => format::json(&self.as_json(target))?,
            Format::Text => self.show_removed(target)?,
        }
        self.ensure_removed()
    }

    pub(super) fn show_removed(&self, target: &Target) -> anyhow::Result<()> {
        for tag in &self.missing {
            say::line(format!("Missing [{}] {}:{tag}", target.kind.label(), target.name));
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

    /// Fails where a tag is still there: each is told of by itself, and the exit code is that of the first.
    pub(super) fn ensure_removed(self) -> anyhow::Result<()> {
        let count = self.failed.len();
        let all = count + self.removed.len() + self.missing.len();
        let mut failed = self.failed.into_iter();
        let Some((tag, first)) = failed.next() else {
            return Ok(());
        };
        if all == 1 {
            return Err(first);
        }
        for (tag, error) in failed {
            say::line(format!("Failed tag {tag}: {}", Failure::Error(error)));
        }
        Err(first.context(format!("{count} of {all} tags were not removed, {tag} first")))
    }
}

fn is_not_found(error: &anyhow::Error) -> bool {
    crate::causes::find::<oras::Error>(error).is_some_and(oras::Error::is_not_found)
}
