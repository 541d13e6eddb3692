//! `oras cp --all-tags`: copies all tags of a repository together.

use clap::Args;
use oras::sync::Glob;
use oras::{CopiedTag, CopyTags, CopyTagsOptions, ExtendedCopyOptions, Tag};
use serde_json::Map;

use super::Copy;
use crate::args::Format;
use crate::store::Kind;
use crate::usage::ensure_usage;
use crate::{format, tags};

/// Which tags are copied, where it is not the one that is named.
#[derive(Args, Clone)]
pub(super) struct Which {
    /// Copy all tags under their own names, moving shared content once
    #[arg(long)]
    pub(super) all_tags: bool,

    /// With --all-tags, only tags that match this pattern: * matches any text, ? any character
    #[arg(long = "match", value_name = "PATTERN", requires = "all_tags")]
    pattern: Option<Glob>,
}

impl Copy<'_> {
    /// Copies the selected tags. A failed tag does not stop the others.
    pub(super) async fn run_all_tags(&self) -> anyhow::Result<()> {
        ensure_usage!(
            self.source.names().is_empty() && self.destination.names().is_empty(),
            "--all-tags copies each tag to the same tag: write only {} and {}",
            self.source.name,
            self.destination.name
        );
        let options = self.args.options(self.source, self.watch)?;
        let options = CopyTagsOptions::default()
            .with_extended(ExtendedCopyOptions::default().with_copy(options))
            .with_referrers(self.args.recursive);
        let found = CopyTags::find(&*self.source.store, self.wanted().await?, &options).await;
        tags::ensure_scheme(found.tags(), |error| self.blamed(error))?;
        let found = tags::nameable(found, self.to);
        let copied = match self.args.dry_run || tags::moved(found.tags()) == 0 {
            true => found.tags().to_vec(),
            false => self.moved(found).await?,
        };
        tags::ensure_scheme(&copied, |error| self.blamed(error))?;
        self.show_tags(&copied)?;
        tags::ensure_moved(&copied, "copied", |error| self.blamed(error))
    }

    async fn wanted(&self) -> anyhow::Result<Vec<Tag>> {
        let wanted = tags::wanted(self.source, &*self.source.store, &self.source.name).await?;
        match &self.args.which.pattern {
            Some(pattern) => tags::like(wanted, std::slice::from_ref(pattern), &self.source.name),
            None => Ok(wanted),
        }
    }

    /// Copies the tags. A destination layout is created only now that there is something to copy.
    async fn moved(&self, found: CopyTags<'_>) -> anyhow::Result<Vec<CopiedTag>> {
        let created;
        let destination = match self.destination.kind {
            Kind::Registry => self.destination,
            Kind::Layout => {
                created = self.args.created(self.to).await?;
                &created
            }
        };
        let copy = Copy { destination, ..*self };
        let copied = found.run(copy.writer()?).await;
        if tags::moved(&copied) > 0 {
            copy.finish().await?;
        }
        if self.args.verify {
            let whole = copied.iter().filter(|tag| tag.error.is_none());
            for root in whole.filter_map(|tag| tag.root.as_ref()) {
                copy.read_back(root).await?;
            }
        }
        Ok(copied)
    }

    fn show_tags(&self, copied: &[CopiedTag]) -> anyhow::Result<()> {
        let (moved, dry_run) = (tags::moved(copied), self.args.dry_run);
        if self.args.output.format == Format::Json {
            let about = [
                ("reference".to_owned(), self.destination.name.clone().into()),
                ("source".to_owned(), self.source.name.clone().into()),
                ("dryRun".to_owned(), dry_run.into()),
            ];
            return tags::show_json(copied, Map::from_iter(about));
        }
        let (from, to) = (self.source.display(), self.destination.display());
        tags::show_moved(copied, if dry_run { "Dry run: would copy" } else { "Copied" })?;
        match dry_run {
            true => format::line(format!(
                "Nothing was written; a copy takes {moved} tag(s) from {from} to {to}"
            )),
            false if moved < copied.len() => Ok(()),
            false => format::line(format!("Copied {moved} tag(s) {from} => {to}")),
        }
    }
}
