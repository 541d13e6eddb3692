//! A lane: steps that wait for their turn, and how many may run at once.

use std::collections::VecDeque;

use super::Step;
use super::node::Id;

pub(super) struct Lane {
    waiting: VecDeque<(Id, Step)>,
    free: usize,
}

impl Lane {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            free: limit.max(1),
        }
    }

    /// Pushes of manifests go first: they end what is held in memory.
    pub(super) fn queue(&mut self, id: Id, step: Step) {
        match step {
            Step::PushManifest => self.waiting.push_front((id, step)),
            Step::Inspect | Step::Mount | Step::PushBlob { .. } => self.waiting.push_back((id, step)),
        }
    }

    /// The next step, where one may run.
    pub(super) fn next(&mut self) -> Option<(Id, Step)> {
        if self.free == 0 {
            return None;
        }
        let next = self.waiting.pop_front()?;
        self.free -= 1;
        Some(next)
    }

    pub(super) fn finished(&mut self) {
        self.free += 1;
    }
}
