//! Sweeping: the steps of a collection, in blocking calls.

use std::collections::HashMap;
use std::time::Duration;

use oras_content::{Digest, Result};
use oras_fs::is_older;

use super::cascade::Doomed;
use super::mark::{Marks, mark};
use super::{GcOptions, GcReport};
use crate::edit::Edit;
use crate::index_file::Stamp;
use crate::layout::Layout;
use crate::nodes::Nodes;
use crate::stop::Stop;

/// Maximum number of files removed under one lock.
const BATCH: usize = 64;

/// Minimum age of temporary files in any case, because a new one is locked only a moment after its creation.
const UNLOCKED: Duration = Duration::from_secs(60);

/// A running collection.
#[derive(Debug)]
pub(crate) struct Collection {
    opts: GcOptions,
    stop: Stop,
    nodes: Nodes,
    marks: Marks,
    /// The content that may be removed. `None` means everything.
    doomed: Option<Doomed>,
    /// The stamp of the index that was marked.
    marked: Option<Stamp>,
    /// All blobs at the start, with their sizes.
    blobs: HashMap<Digest, u64>,
    /// The blobs still to be swept, the last one first.
    todo: Vec<Digest>,
    fresh: Vec<Digest>,
    report: GcReport,
}

impl Collection {
    pub(crate) fn new(opts: GcOptions, stop: Stop) -> Self {
        Self {
            opts,
            stop,
            nodes: Nodes::default(),
            marks: Marks::default(),
            doomed: None,
            marked: None,
            blobs: HashMap::new(),
            todo: Vec::new(),
            fresh: Vec::new(),
            report: GcReport::default(),
        }
    }

    /// Does the slow reading without the lock.
    pub(crate) fn survey(&mut self, layout: &Layout) -> Result<()> {
        layout.blobs().check_own()?;
        let known = |digest: &Digest| digest.algorithm().is_some();
        let listed = layout.blobs().list()?.into_iter().filter(known);
        let sized = |digest: Digest| Some((digest.clone(), layout.blobs().describe(&digest)?.size));
        self.blobs = listed.filter_map(sized).collect();
        let (index, _) = layout.indexed()?;
        self.nodes.extend(index.entries(), layout.blobs(), &self.stop)
    }

    /// Limits the collection to `root` and the content removed with it.
    pub(super) fn doom(&mut self, root: &Digest) {
        let doomed = Doomed::of(root, &self.nodes);
        self.blobs.retain(|digest, _| doomed.contains(digest));
        self.doomed = Some(doomed);
    }

    pub(super) fn is_dry_run(&self) -> bool {
        self.opts.dry_run
    }

    /// Counts the root as removed.
    pub(super) fn count_root(&mut self) {
        let root = self
            .doomed
            .as_ref()
            .and_then(|doomed| self.nodes.get(doomed.root()));
        if let Some(node) = root {
            let descriptor = node.descriptor.clone();
            self.blobs.remove(&descriptor.digest);
            self.report.removed.add(descriptor.size);
            self.report.removed_blobs.push(descriptor);
        }
    }

    /// Removes some unreachable blobs, under the lock. Returns `false` once none are left.
    pub(crate) fn sweep(&mut self, layout: &Layout) -> Result<bool> {
        let _lock = match self.opts.dry_run {
            true => None,
            false => Some(layout.lock()?),
        };
        self.settle(layout)?;
        for _ in 0..BATCH {
            self.stop.check(layout.root())?;
            let Some(digest) = self.todo.pop() else {
                return Ok(false);
            };
            self.sweep_one(&digest, layout)?;
            // A young manifest keeps everything that it leads to, so the index must be marked again.
            if self.marked.is_none() {
                break;
            }
        }
        Ok(true)
    }

    /// Marks what the current index keeps, and removes unneeded entries before any blobs.
    fn settle(&mut self, layout: &Layout) -> Result<()> {
        loop {
            let (index, stamp) = layout.indexed()?;
            if self.marked.as_ref() == Some(&stamp) {
                return Ok(());
            }
            self.nodes.extend(index.entries(), layout.blobs(), &self.stop)?;
            self.learn_manifests(layout);
            self.marks = mark(
                &index,
                &self.nodes,
                layout.blobs(),
                &self.opts,
                self.doomed.as_ref(),
            )?;
            self.marked = Some(stamp);
            self.order();
            let gone = &self.marks.unlisted;
            let entries = index.entries().filter(|entry| gone.contains(&entry.digest));
            self.report.unlisted.extend(entries.cloned());
            if self.opts.dry_run || gone.is_empty() {
                return Ok(());
            }
            layout.edit_locked(vec![Edit::Unlist {
                gone: gone.clone(),
                orphans: self.marks.orphans.clone(),
            }])?;
        }
    }

    /// Adds manifests that were listed since the start. If such a manifest were removed but its file stayed, it could
    /// be tagged again without its successors.
    fn learn_manifests(&mut self, layout: &Layout) {
        // The root of a dry run is already counted.
        let is_out = |digest: &Digest, doomed: &Doomed| {
            !doomed.contains(digest) || (self.opts.dry_run && doomed.root() == digest)
        };
        for node in self.nodes.all() {
            let digest = &node.descriptor.digest;
            if self.doomed.as_ref().is_some_and(|doomed| is_out(digest, doomed)) {
                continue;
            }
            if !self.blobs.contains_key(digest)
                && let Some(found) = layout.blobs().describe(digest)
            {
                self.blobs.insert(digest.clone(), found.size);
            }
        }
    }

    /// Sorts parents before their children, so that the successors of an existing manifest exist.
    fn order(&mut self) {
        let left = |digest: &Digest| self.blobs.contains_key(digest) && !self.marks.kept.contains(digest);
        let parents = self.nodes.parents_first(left);
        let others = self
            .blobs
            .keys()
            .filter(|digest| left(digest) && self.nodes.get(digest).is_none());
        self.todo = parents.into_iter().chain(others).cloned().collect();
        self.todo.reverse();
        self.fresh.clear();
    }

    fn sweep_one(&mut self, digest: &Digest, layout: &Layout) -> Result<()> {
        let blobs = layout.blobs();
        let Ok(found) = std::fs::symlink_metadata(blobs.path(digest)) else {
            return Ok(());
        };
        if !is_older(found.modified().ok(), self.opts.grace) {
            match self.nodes.get(digest) {
                Some(_) => self.marked = None,
                None => self.fresh.push(digest.clone()),
            }
            return Ok(());
        }
        if !self.opts.dry_run {
            blobs.remove(digest)?;
        }
        self.blobs.remove(digest);
        self.report.removed.add(found.len());
        let known = self.nodes.get(digest).map(|node| node.descriptor.clone());
        let plain = || {
            oras_content::Descriptor::new(oras_content::MediaType::OCTET_STREAM, digest.clone(), found.len())
        };
        self.report.removed_blobs.push(known.unwrap_or_else(plain));
        Ok(())
    }

    /// Removes the leftovers of killed processes, and counts kept content.
    pub(crate) fn finish(mut self, layout: &Layout) -> GcReport {
        if !self.opts.dry_run {
            self.report.leftovers = layout.sweep(self.opts.grace.max(UNLOCKED));
        }
        for (digest, size) in &self.blobs {
            if self.marks.kept.contains(digest) {
                self.report.kept.add(*size);
            }
        }
        for digest in &self.fresh {
            self.report.fresh.add(self.blobs[digest]);
        }
        self.report
    }
}
