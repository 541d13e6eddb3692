//! A lane: steps that wait for their turn, and how many may run at once.

use std::collections::VecDeque;

use super::Step;
use super::node::Key;

pub(super) struct Lane {
    waiting: VecDeque<(Key, Step)>,
    free: usize,
}

impl Lane {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            free: limit.max(1),
        }
    }

    /// Pushes go first: they end what is held in memory.
    pub(super) fn queue(&mut self, key: Key, step: Step) {
        match step {
            Step::PushManifest => self.waiting.push_front((key, step)),
            Step::Inspect | Step::Blob => self.waiting.push_back((key, step)),
        }
    }

    /// The next step, where one may run.
    pub(super) fn next(&mut self) -> Option<(Key, Step)> {
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
