//! A lane: steps that wait for their turn, and how many may run at once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Step;
use super::node::Id;

pub(super) struct Lane {
    waiting: BinaryHeap<Waiting>,
    queued: u64,
    free: usize,
}

/// The largest is next, and of equals the first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    size: u64,
    order: Reverse<u64>,
    id: Id,
    step: Step,
}

impl Lane {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            waiting: BinaryHeap::new(),
            queued: 0,
            free: limit.max(1),
        }
    }

    /// Queues a step of a node of `size` bytes.
    ///
    /// The largest blobs go first, so that none is left over that keeps one connection busy while the others rest. Pushes of
    /// manifests go before all else: they end what is held in memory.
    pub(super) fn queue(&mut self, id: Id, step: Step, size: u64) {
        let size = match step {
            Step::PushManifest => u64::MAX,
            Step::Inspect | Step::Mount => 0,
            Step::PushBlob { .. } => size,
        };
        let order = Reverse(self.queued);
        self.queued += 1;
        self.waiting.push(Waiting {
            size,
            order,
            id,
            step,
        });
    }

    /// The next step, where one may run.
    pub(super) fn next(&mut self) -> Option<(Id, Step)> {
        if self.free == 0 {
            return None;
        }
        let next = self.waiting.pop()?;
        self.free -= 1;
        Some((next.id, next.step))
    }

    pub(super) fn finished(&mut self) {
        self.free += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOB: Step = Step::PushBlob { is_approved: false };

    fn order(queued: &[(Id, Step, u64)]) -> Vec<Id> {
        let mut lane = Lane::new(queued.len());
        for (id, step, size) in queued {
            lane.queue(*id, *step, *size);
        }
        std::iter::from_fn(|| lane.next()).map(|(id, _)| id).collect()
    }

    #[test]
    fn the_largest_blob_is_next_and_of_equals_the_first() {
        let queued = [(0, BLOB, 5), (1, BLOB, 7), (2, BLOB, 5), (3, BLOB, u64::MAX)];
        assert_eq!(order(&queued), [3, 1, 0, 2]);
    }

    #[test]
    fn a_push_of_a_manifest_goes_before_what_was_queued_first() {
        let queued = [
            (0, Step::Inspect, 9),
            (1, Step::Mount, 99),
            (2, Step::PushManifest, 1),
        ];
        assert_eq!(order(&queued), [2, 0, 1]);
    }

    #[test]
    fn no_more_steps_run_than_may() {
        let mut lane = Lane::new(1);
        lane.queue(0, BLOB, 1);
        lane.queue(1, BLOB, 2);
        assert!(lane.next().is_some_and(|(id, _)| id == 1));
        assert!(lane.next().is_none());
        lane.finished();
        assert!(lane.next().is_some_and(|(id, _)| id == 0));
    }
}
