//! The data that the copies of all jobs share.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use oras_content::{Descriptor, Location, MediaType, Result};
use oras_copy::{Choice, Event, Events, Outcome, Selection, Totals};

use crate::blobs::{Blobs, Id};

/// The selection of copies to one destination, which skips blobs that another copy already pushed there.
pub(crate) struct Sharing {
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) to: Id,
    pub(crate) location: Option<Location>,
    /// The artifact types of referrers to copy; if empty, all.
    pub(crate) types: Vec<MediaType>,
}

#[async_trait]
impl Selection for Sharing {
    async fn choose(&self, node: &Descriptor) -> Result<Choice> {
        match !node.is_manifest() && self.blobs.has(&node.digest, self.to) {
            true => Ok(Choice::Skip),
            false => Ok(Choice::Copy),
        }
    }

    async fn predecessors(&self, _: &Descriptor, mut found: Vec<Descriptor>) -> Result<Vec<Descriptor>> {
        if !self.types.is_empty() {
            found.retain(|node| {
                node.artifact_type
                    .as_ref()
                    .is_some_and(|is| self.types.contains(is))
            });
        }
        Ok(found)
    }

    async fn mount_from(&self, node: &Descriptor) -> Result<Vec<Location>> {
        let location = self.location.iter();
        Ok(location
            .flat_map(|here| self.blobs.locations(&node.digest, &here.registry))
            .collect())
    }

    async fn finished(&self, node: &Descriptor, outcome: Outcome) -> Result<()> {
        let is_there = matches!(outcome, Outcome::Copied | Outcome::Mounted | Outcome::Present);
        if is_there && !node.is_manifest() {
            self.blobs.add(&node.digest, self.to);
        }
        Ok(())
    }
}

/// Combines the events of all copies, as if they were one.
pub(crate) struct Whole {
    pub(crate) events: Arc<dyn Events>,
    pub(crate) sum: Mutex<Totals>,
}

/// Receives the events of one copy.
pub(crate) struct Part {
    whole: Arc<Whole>,
    last: Mutex<Totals>,
    blobs: Arc<Blobs>,
    to: Id,
}

impl Part {
    pub(crate) fn of(whole: &Arc<Whole>, sharing: &Sharing) -> Self {
        Self {
            whole: Arc::clone(whole),
            last: Mutex::default(),
            blobs: Arc::clone(&sharing.blobs),
            to: sharing.to,
        }
    }

    /// Returns the totals of all copies, after updating those of this copy.
    fn of_all(&self, now: Totals) -> Totals {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sum = self.whole.sum.lock().unwrap_or_else(PoisonError::into_inner);
        let fields: [fn(&mut Totals) -> &mut u64; 5] = [
            |totals| &mut totals.nodes,
            |totals| &mut totals.bytes,
            |totals| &mut totals.finished_nodes,
            |totals| &mut totals.finished_bytes,
            |totals| &mut totals.copied_bytes,
        ];
        let mut new = now;
        for field in fields {
            let grown = field(&mut new).saturating_sub(*field(&mut last));
            *field(&mut sum) = field(&mut sum).saturating_add(grown);
        }
        *last = now;
        *sum
    }
}

impl Events for Part {
    fn on_event(&self, event: Event<'_>) {
        let event = match event {
            Event::Discovered { node, totals } => Event::Discovered {
                node,
                totals: self.of_all(totals),
            },
            Event::Finished {
                node,
                outcome,
                totals,
            } => Event::Finished {
                node,
                outcome,
                totals: self.of_all(totals),
            },
            Event::Healing { node } => {
                self.blobs.forget(self.to);
                Event::Healing { node }
            }
            other => other,
        };
        self.whole.events.on_event(event);
    }
}
