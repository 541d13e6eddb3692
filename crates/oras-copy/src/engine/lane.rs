//! Lanes: queues of steps with a limit on how many run at once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Step;
use super::node::Id;
use crate::width::Width;

pub(super) struct Lane {
    waiting: BinaryHeap<Waiting>,
    queued: u64,
    width: Width,
    free: u32,
}

/// Ordered by size, largest first; ties run in insertion order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    size: u64,
    order: Reverse<u64>,
    id: Id,
    step: Step,
}

impl Lane {
    pub(super) fn new(width: Width) -> Self {
        Self {
            waiting: BinaryHeap::new(),
            queued: 0,
            free: width.shares(),
            width,
        }
    }

    /// Queues a step on a node of `size` bytes.
    ///
    /// The largest blobs go first, so that the copy does not end with one large transfer while other connections are
    /// idle. Pushes of manifests precede everything else, because they release memory.
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

    /// Returns the next step, if there is room for it.
    pub(super) fn next(&mut self) -> Option<(Id, Step)> {
        let share = self.width.share_of(self.waiting.peek()?.size);
        self.free = self.free.checked_sub(share)?;
        let next = self.waiting.pop()?;
        Some((next.id, next.step))
    }

    /// Releases the room taken by a step on a node of `size` bytes.
    pub(super) fn finished(&mut self, size: u64) {
        self.free += self.width.share_of(size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::width::SMALL_BLOB;

    const BLOB: Step = Step::PushBlob { is_approved: false };

    fn order(queued: &[(Id, Step, u64)]) -> Vec<Id> {
        let mut lane = Lane::new(Width::new(queued.len()));
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
        let mut lane = Lane::new(Width::of_blobs(1));
        lane.queue(0, BLOB, 1);
        lane.queue(1, BLOB, 2);
        assert!(lane.next().is_some_and(|(id, _)| id == 1));
        assert!(lane.next().is_none());
        lane.finished(2);
        assert!(lane.next().is_some_and(|(id, _)| id == 0));
    }

    #[test]
    fn a_large_blob_waits_until_the_room_of_small_ones_is_free() {
        let mut lane = Lane::new(Width::of_blobs(2));
        (0..5).for_each(|id| lane.queue(id, BLOB, SMALL_BLOB));
        assert_eq!(std::iter::from_fn(|| lane.next()).count(), 5);
        lane.queue(5, BLOB, SMALL_BLOB + 1);
        assert!(
            lane.next().is_none(),
            "the room of three small blobs is not enough"
        );
        lane.finished(SMALL_BLOB);
        assert!(lane.next().is_some_and(|(id, _)| id == 5));
    }
}
