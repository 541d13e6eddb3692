//! `Tally`: counts nodes and bytes found and finished.

use oras_content::Descriptor;

use crate::{Outcome, Totals};

pub(super) struct Tally {
    totals: Totals,
    keeps: bool,
    /// The outcome of each node in completion order. Only recorded for plans.
    pub(super) finished: Vec<(Descriptor, Outcome)>,
}

impl Tally {
    /// Creates a tally; `keeps` says whether to record outcomes.
    pub(super) fn new(keeps: bool) -> Self {
        Self {
            totals: Totals::default(),
            keeps,
            finished: Vec::new(),
        }
    }

    pub(super) fn discover(&mut self, node: &Descriptor) -> Totals {
        self.totals.nodes += 1;
        self.totals.bytes = self.totals.bytes.saturating_add(node.size);
        self.totals
    }

    /// Counts a finished node. A node copied again to heal its parent finishes twice.
    pub(super) fn finish(&mut self, node: &Descriptor, outcome: Outcome) -> Totals {
        let totals = &mut self.totals;
        totals.finished_nodes = (totals.finished_nodes + 1).min(totals.nodes);
        totals.finished_bytes = totals.finished_bytes.saturating_add(node.size).min(totals.bytes);
        if outcome == Outcome::Copied {
            totals.copied_bytes = totals.copied_bytes.saturating_add(node.size);
        }
        if self.keeps {
            self.finished.push((node.clone(), outcome));
        }
        self.totals
    }
}
