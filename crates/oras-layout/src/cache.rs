//! The cached state of a layout.

use std::sync::Arc;

use oras_content::{Descriptor, Digest, Result};

use crate::batch::Submission;
use crate::blobs::Blobs;
use crate::edit::Edit;
use crate::index::Index;
use crate::index_file::Stamp;
use crate::listing::Listing;
use crate::turn::Turn;
use crate::walk::Walk;

/// The cached content of `index.json`, and the stamp of its file.
#[derive(Debug)]
pub(crate) struct Cache {
    pub(crate) stamp: Stamp,
    pub(crate) index: Arc<Index>,
    /// Whether `walk` includes every entry of `index`.
    walked: bool,
    pub(crate) walk: Walk,
}

impl Cache {
    pub(crate) fn new(index: Index, stamp: Stamp) -> Self {
        Self {
            stamp,
            index: Arc::new(index),
            walked: false,
            walk: Walk::default(),
        }
    }

    pub(crate) fn walk_all(&mut self, blobs: &Blobs) {
        if self.walked {
            return;
        }
        let read = |target: &Descriptor| blobs.manifest(target).ok();
        self.walk.extend(self.index.entries(), read);
        self.walked = true;
    }

    /// The reachable manifests that refer to `digest`.
    pub(crate) fn predecessors(&mut self, digest: &Digest, blobs: &Blobs) -> Vec<Descriptor> {
        if !self.walked {
            self.walk = Walk::with_blobs();
        }
        self.walk_all(blobs);
        let read = |target: &Descriptor| blobs.manifest(target).ok();
        self.walk.predecessors(digest, self.index.entries(), read)
    }

    /// Forgets which manifests are reachable.
    pub(crate) fn forget_walk(&mut self) {
        self.walked = false;
        self.walk = Walk::default();
    }

    /// Updates the cache from a plan that was written, so that the index need not be read again.
    pub(crate) fn learn(
        &mut self,
        batch: &[Submission],
        plan: Plan,
        stamp: Stamp,
        blobs: &Blobs,
    ) -> Vec<Result<()>> {
        self.stamp = stamp;
        self.index = Arc::new(plan.after);
        let applied = batch
            .iter()
            .zip(&plan.outcomes)
            .filter(|(_, outcome)| outcome.is_ok());
        for edit in applied.flat_map(|(one, _)| &one.edits) {
            match edit {
                Edit::List(listing) => self.learn_listed(listing, blobs),
                Edit::Remove(digest) => self.walk.remove(digest),
                Edit::Unlist { .. } => self.forget_walk(),
                _ => {}
            }
        }
        plan.outcomes
    }

    fn learn_listed(&mut self, listing: &Listing, blobs: &Blobs) {
        // From now on the manifest keeps its children from being collected.
        listing.edges.iter().for_each(|child| blobs.relied.remove(child));
        if self.walked {
            self.walk.insert(listing);
            let read = |child: &Descriptor| blobs.manifest(child).ok();
            self.walk.extend(listing.leads_to(), read);
        }
    }
}

/// The effect of a batch on the index.
pub(crate) struct Plan {
    pub(crate) stamp: Stamp,
    pub(crate) before: Arc<Index>,
    pub(crate) after: Index,
    pub(crate) outcomes: Vec<Result<()>>,
}

impl Plan {
    pub(crate) fn new(batch: &[Submission], cache: &mut Cache, blobs: &Blobs) -> Self {
        if batch.iter().flat_map(|one| &one.edits).any(Edit::needs_walk) {
            cache.walk_all(blobs);
        }
        let mut after = (*cache.index).clone();
        let mut turn = Turn::new(&cache.walk);
        let outcomes = batch
            .iter()
            .map(|one| {
                let applied = apply(&one.edits, &mut after, &mut turn, blobs);
                applied.inspect_err(|_| turn.refuse(&one.edits))
            })
            .collect();
        Self {
            stamp: cache.stamp.clone(),
            before: Arc::clone(&cache.index),
            after,
            outcomes,
        }
    }
}

/// Applies all of `edits`, or none if one fails.
fn apply<'a>(edits: &[Edit], index: &mut Index, turn: &mut Turn<'a>, blobs: &Blobs) -> Result<()> {
    let is_listing = |edit: &Edit| matches!(edit, Edit::List(_));
    match edits {
        [edit] => edit.apply(index, turn, blobs),
        // Only the listing can fail. Tags of the manifest listed just before cannot.
        [list, tags @ ..] if is_listing(list) && tags.iter().all(|edit| edit.tags_what(list)) => {
            list.apply(index, turn, blobs)?;
            tags.iter().try_for_each(|edit| edit.apply(index, turn, blobs))
        }
        edits => {
            let (mut changed, mut turned) = (index.clone(), turn.clone());
            for edit in edits {
                edit.apply(&mut changed, &mut turned, blobs)?;
            }
            *index = changed;
            *turn = turned;
            Ok(())
        }
    }
}
