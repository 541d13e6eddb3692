//! Roots that fail each by itself.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::node::Id;
use super::{Engine, Root};
use crate::CopyError;

/// How many nodes may fail in a row, of what is no matter of the node, before the copy is given up: that many times the
/// same store does not fail by chance.
const MAX_STRIKES: usize = 3;

/// What failed of a copy that goes on.
#[derive(Default)]
pub(super) struct Each {
    failures: HashMap<Id, Arc<CopyError>>,
    /// Failures since something succeeded that may be those of a store and not of a node.
    strikes: usize,
}

impl Each {
    pub(super) fn succeeded(&mut self) {
        self.strikes = 0;
    }

    /// Whether the rest of the copy may go better.
    pub(super) fn goes_on(&mut self, error: &CopyError) -> bool {
        if error.is_of_one_node() {
            return true;
        }
        self.strikes += 1;
        self.strikes < MAX_STRIKES
    }

    pub(super) fn failed(&mut self, id: Id, error: CopyError) {
        self.failures.insert(id, Arc::new(error));
    }
}

impl Engine<'_> {
    /// Copies the graphs of `roots`, as many of them as can be; for each in turn, why it was not copied.
    pub(crate) async fn run_each(mut self, roots: Vec<Root>) -> Vec<Option<Arc<CopyError>>> {
        self.each = Some(Each::default());
        let ids: Vec<Id> = roots.into_iter().map(|root| self.add_root(root)).collect();
        let ended = self.drive().await;
        let Err(error) = ended else {
            return ids.iter().map(|id| self.why(*id, None)).collect();
        };
        // Pushes that are under way may hold what a flush needs.
        self.running.clear();
        let error = Arc::new(self.job.placed(error));
        // What was finished before counts only where it can be seen.
        if self.job.flush().await.is_ok() {
            return ids.iter().map(|id| self.why(*id, Some(&error))).collect();
        }
        let mut reasons = Vec::new();
        for id in ids {
            let node = &self.nodes[id];
            let root = node.target.descriptor();
            let is_there = node.is_done() && self.job.shows(&root, node.tags()).await;
            reasons.push((!is_there).then(|| self.why(id, None).unwrap_or_else(|| Arc::clone(&error))));
        }
        reasons
    }

    /// Why a root was not copied: what failed below it, or else what ended the copy.
    fn why(&self, root: Id, ended_by: Option<&Arc<CopyError>>) -> Option<Arc<CopyError>> {
        if self.nodes[root].is_done() {
            return None;
        }
        let (mut seen, mut waiting) = (HashSet::from([root]), vec![root]);
        while let Some(id) = waiting.pop() {
            if let Some(error) = self.each.as_ref().and_then(|each| each.failures.get(&id)) {
                return Some(Arc::clone(error));
            }
            let children = self.nodes[id].children().iter();
            waiting.extend(children.filter(|child| seen.insert(**child)));
        }
        let cycle = || Arc::new(self.job.placed(self.nodes[root].cycle()));
        Some(ended_by.map_or_else(cycle, Arc::clone))
    }
}
