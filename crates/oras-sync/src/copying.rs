//! Copies a batch of tags that differ, and reports the outcome.

use std::collections::HashMap;
use std::sync::Arc;

use oras_content::Tag;
use oras_copy::{CopiedTag, CopyOptions, CopyTags, CopyTagsOptions, ExtendedCopyOptions};

use crate::compare::Compared;
use crate::once::Once;
use crate::pair::Pair;
use crate::sharing::Part;
use crate::{Place, Referrers, SyncError, TagReport};

/// Bytes of manifests that all jobs together keep in memory.
const MANIFEST_MEMORY: u64 = 32 * 1024 * 1024;

/// The tags of a batch that differ, by their names at the destination.
type Wanted = HashMap<Tag, Compared>;

impl Pair<'_> {
    /// Copies the tags that differ, or in a dry run determines what would be copied.
    pub(crate) async fn copy(&mut self, wanted: Vec<Compared>, selects: bool) {
        if wanted.is_empty() {
            return;
        }
        let (source, takes_tags) = (Arc::clone(&self.source), self.job.referrers == Referrers::None);
        let options = self.options(selects);
        let names = wanted.iter().map(|tag| &tag.name);
        let names: HashMap<Tag, Tag> = names.map(|name| (name.tag.clone(), name.to.clone())).collect();
        let tags = wanted.iter().map(|tag| tag.name.tag.clone()).collect();
        let mut wanted: Wanted = wanted.into_iter().map(|tag| (tag.name.to.clone(), tag)).collect();
        let found = Box::pin(CopyTags::find(&*source, tags, &options)).await;
        let found = found.renamed(|tag| names.get(tag).unwrap_or(tag).clone());
        self.refuse(found.tags(), &mut wanted);
        let is_done = |tag: &CopiedTag| takes_tags && is_same(tag, &wanted);
        let same: Vec<CopiedTag> = found.tags().iter().filter(|tag| is_done(tag)).cloned().collect();
        let found = found.retain(|tag| wanted.contains_key(&tag.tag) && !is_done(tag));
        let found = match &self.report.to {
            Place::Layout(_) => found,
            _ => found.checked(|tag| Ok(tag.check()?)),
        };
        let copied = match self.destination.writer().filter(|_| !self.run.options.dry_run) {
            Some(inner) => {
                let first = &self.run.push_turns;
                Box::pin(found.run(&Once { inner, first })).await
            }
            None => found.tags().to_vec(),
        };
        self.settle(&mut wanted, same.into_iter().chain(copied));
    }

    /// Removes the tags to which another job has given other content.
    fn refuse(&mut self, found: &[CopiedTag], wanted: &mut Wanted) {
        for tag in found.iter().filter(|tag| tag.error.is_none()) {
            let (Some(compared), Some(root)) = (wanted.get(&tag.tag), &tag.root) else {
                continue;
            };
            if let Err(error) = self.claim(&compared.name, root) {
                self.failed(compared.name.tag.clone(), error);
                wanted.remove(&tag.tag);
            }
        }
    }

    /// Reports the outcome of tags that were copied, or would be in a dry run.
    fn settle(&mut self, wanted: &mut Wanted, done: impl Iterator<Item = CopiedTag>) {
        for copied in done {
            let Some(compared) = wanted.remove(&copied.tag) else {
                continue;
            };
            let (Some(root), None) = (&copied.root, &copied.error) else {
                self.not_copied(copied, compared);
                continue;
            };
            let found = compared.found.as_ref().unwrap_or(root);
            self.learn(&compared.name.tag, &found.digest, &root.digest);
            self.record_root(root);
            if compared.before.as_ref() == Some(&root.digest) {
                self.report.up_to_date += 1;
                continue;
            }
            let mut report = TagReport::new(compared.name.tag.clone(), copied.root, compared.before);
            report.referrers = copied.referrers;
            self.report.tags.push(report.called(compared.name.renamed()));
        }
    }

    fn not_copied(&mut self, copied: CopiedTag, compared: Compared) {
        let Some(error) = copied.error else { return };
        let tag = compared.name.tag.clone();
        self.failed(tag.clone(), SyncError::Copy(error));
        if let Some(report) = self.report.tags.last_mut() {
            let error = report.error.take();
            *report = TagReport::new(tag, copied.root, compared.before).called(compared.name.renamed());
            report.error = error;
        }
    }

    fn options(&self, selects: bool) -> CopyTagsOptions {
        let part = Part::of(&self.run.whole, &self.sharing);
        let jobs = self.run.options.jobs.max(1) as u64;
        let mut copy = CopyOptions::default()
            .with_concurrency(self.run.options.concurrency)
            .with_slots(self.run.slots.clone())
            .with_manifest_memory(MANIFEST_MEMORY / jobs)
            .with_selection(Arc::clone(&self.sharing) as _)
            .with_events(Arc::new(part));
        copy.verifier.clone_from(&self.verifier);
        if selects {
            copy = copy.with_platforms(self.job.platforms.iter().cloned());
        }
        let mut extended = ExtendedCopyOptions::default().with_copy(copy);
        if let Referrers::Types(types) = &self.job.referrers
            && let [one] = &types[..]
        {
            extended = extended.with_artifact_type(one.clone());
        }
        CopyTagsOptions::default()
            .with_extended(extended)
            .with_referrers(self.job.referrers != Referrers::None)
    }
}

/// Whether the destination's tag already resolves to the selected root.
fn is_same(tag: &CopiedTag, wanted: &Wanted) -> bool {
    let before = wanted.get(&tag.tag).and_then(|tag| tag.before.as_ref());
    tag.error.is_none() && tag.root.as_ref().map(|root| &root.digest) == before
}
