//! Roots that fail independently of each other.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::node::Id;
use super::{Engine, Root};
use crate::CopyError;

/// How many failures in a row, not specific to a node, abort the copy: so many indicate that the store itself is
/// failing.
const MAX_CONSECUTIVE: usize = 3;

/// The failures of a copy that keeps going.
#[derive(Default)]
pub(super) struct RootFailures {
    failures: HashMap<Id, Arc<CopyError>>,
    /// Failures since the last success that may be due to the store rather than a node.
    consecutive: usize,
}

impl RootFailures {
    pub(super) fn succeeded(&mut self) {
        self.consecutive = 0;
    }

    /// Whether to continue after `error`.
    pub(super) fn should_continue(&mut self, error: &CopyError) -> bool {
        if error.is_of_one_node() {
            return true;
        }
        self.consecutive += 1;
        self.consecutive < MAX_CONSECUTIVE
    }

    pub(super) fn failed(&mut self, id: Id, error: CopyError) {
        self.failures.insert(id, Arc::new(error));
    }
}

impl Engine<'_> {
    /// Copies as many of the graphs of `roots` as possible. Returns, for each root in order, why it was not copied, if
    /// it was not.
    pub(crate) async fn run_each(mut self, roots: Vec<Root>) -> Vec<Option<Arc<CopyError>>> {
        self.root_failures = Some(RootFailures::default());
        let ids: Vec<Id> = roots.into_iter().map(|root| self.add_root(root)).collect();
        let ended = self.drive().await;
        let Err(error) = ended else {
            return ids.iter().map(|id| self.why(*id, None)).collect();
        };
        // Dropping unfinished pushes releases resources that a flush may need.
        self.running.clear();
        let error = Arc::new(self.job.with_places(error));
        // Earlier results count only if the destination makes them visible.
        if self.job.flush().await.is_ok() {
            return ids.iter().map(|id| self.why(*id, Some(&error))).collect();
        }
        let mut reasons = Vec::new();
        for id in ids {
            let node = &self.nodes[id];
            let root = node.target.descriptor();
            let is_there = node.is_done() && self.job.is_visible(&root, node.tags()).await;
            reasons.push((!is_there).then(|| self.why(id, None).unwrap_or_else(|| Arc::clone(&error))));
        }
        reasons
    }

    /// Why a root was not copied: a failure below it, or else the error that ended the copy.
    fn why(&self, root: Id, ended_by: Option<&Arc<CopyError>>) -> Option<Arc<CopyError>> {
        if self.nodes[root].is_done() {
            return None;
        }
        let (mut seen, mut waiting) = (HashSet::from([root]), vec![root]);
        while let Some(id) = waiting.pop() {
            if let Some(error) = self
                .root_failures
                .as_ref()
                .and_then(|each| each.failures.get(&id))
            {
                return Some(Arc::clone(error));
            }
            let children = self.nodes[id].children().iter();
            waiting.extend(children.filter(|child| seen.insert(**child)));
        }
        let cycle = || Arc::new(self.job.with_places(self.nodes[root].cycle()));
        Some(ended_by.map_or_else(cycle, Arc::clone))
    }
}
