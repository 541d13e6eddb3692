//! Lanes: queues of steps with a limit on how many run at once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use tokio::time::Instant;

use super::Step;
use super::node::Id;
use crate::width::{SMALL_BLOB, Width};

/// How long steps wait for room without any step finishing before the lane becomes wider. If a round trip is shorter,
/// more connections cost more than they save.
const PATIENCE: Duration = Duration::from_millis(15);

pub(super) struct Lane {
    waiting: BinaryHeap<Waiting>,
    width: Width,
    /// The width once steps turn out to wait for round trips.
    wider: Option<Width>,
    running: Running,
    /// When a step first had no room that it would have in the wider lane, if no step has finished since.
    stuck_since: Option<Instant>,
}

/// Steps under way.
#[derive(Default)]
struct Running {
    small: u32,
    large: u32,
}

/// Ordered by weight, heaviest first; nodes of the same weight in the order in which they were found.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    weight: u64,
    id: Reverse<Id>,
    step: Step,
}

impl Lane {
    pub(super) fn new(width: Width, wider: Option<Width>) -> Self {
        Self {
            waiting: BinaryHeap::new(),
            width,
            wider,
            running: Running::default(),
            stuck_since: None,
        }
    }

    /// Queues a step on a node of `size` bytes.
    pub(super) fn queue(&mut self, id: Id, step: Step, size: u64) {
        self.waiting.push(Waiting {
            weight: weight(step, size),
            id: Reverse(id),
            step,
        });
    }

    /// Returns the number of steps that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Returns the next step, if there is room for it.
    pub(super) fn next(&mut self) -> Option<(Id, Step)> {
        let weight = self.waiting.peek()?.weight;
        if !self.running.leaves_room(self.width, weight) {
            if self
                .wider
                .is_some_and(|wider| self.running.leaves_room(wider, weight))
            {
                self.stuck_since.get_or_insert_with(Instant::now);
            }
            return None;
        }
        let next = self.waiting.pop()?;
        *self.running.of(weight) += 1;
        Some((next.id.0, next.step))
    }

    /// Releases the room taken by a step on a node of `size` bytes.
    pub(super) fn finished(&mut self, step: Step, size: u64) {
        *self.running.of(weight(step, size)) -= 1;
        self.stuck_since = None;
    }

    /// Returns when to [widen](Self::widen) the lane, unless a step finishes before.
    pub(super) fn impatient_at(&self) -> Option<Instant> {
        self.stuck_since.map(|since| since + PATIENCE)
    }

    /// Makes the lane wider, if it is impatient by `now`. Steps under way take the shares that they would take had they
    /// started now.
    pub(super) fn widen(&mut self, now: Instant) {
        if self.impatient_at().is_some_and(|limit| limit <= now) {
            self.width = self.wider.take().unwrap_or(self.width);
            self.stuck_since = None;
        }
    }
}

impl Running {
    fn leaves_room(&self, width: Width, weight: u64) -> bool {
        let taken = self.small * width.share_of(0) + self.large * width.share_of(u64::MAX);
        taken + width.share_of(weight) <= width.shares()
    }

    fn of(&mut self, weight: u64) -> &mut u32 {
        match weight <= SMALL_BLOB {
            true => &mut self.small,
            false => &mut self.large,
        }
    }
}

/// The heaviest step is next.
///
/// The largest blobs go first, so that the copy does not end with one large transfer while other connections are idle.
/// Pushes of manifests precede everything else, because they release memory.
fn weight(step: Step, size: u64) -> u64 {
    match step {
        Step::PushManifest => u64::MAX,
        Step::Inspect | Step::Mount => 0,
        Step::PushBlob { .. } => size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::width::SMALL_BLOB;

    const BLOB: Step = Step::PushBlob { is_approved: false };

    fn started(lane: &mut Lane) -> usize {
        std::iter::from_fn(|| lane.next()).count()
    }

    fn order(queued: &[(Id, Step, u64)]) -> Vec<Id> {
        let mut lane = Lane::new(Width::new(queued.len()), None);
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
        let mut lane = Lane::new(Width::new(1), None);
        lane.queue(0, BLOB, 1);
        lane.queue(1, BLOB, 2);
        assert!(lane.next().is_some_and(|(id, _)| id == 1));
        assert!(lane.next().is_none());
        lane.finished(BLOB, 2);
        assert!(lane.next().is_some_and(|(id, _)| id == 0));
    }

    #[test]
    fn a_large_blob_waits_until_the_room_of_small_ones_is_free() {
        let mut lane = Lane::new(Width::of_blobs(2), None);
        (0..5).for_each(|id| lane.queue(id, BLOB, SMALL_BLOB));
        assert_eq!(started(&mut lane), 5);
        lane.queue(5, BLOB, SMALL_BLOB + 1);
        assert!(
            lane.next().is_none(),
            "the room of three small blobs is not enough"
        );
        lane.finished(BLOB, SMALL_BLOB);
        assert!(lane.next().is_some_and(|(id, _)| id == 5));
    }

    #[test]
    fn steps_under_way_take_their_shares_of_the_wider_lane() {
        let mut lane = Lane::new(Width::new(2), Some(Width::of_blobs(2)));
        lane.queue(0, BLOB, SMALL_BLOB + 1);
        (1..9).for_each(|id| lane.queue(id, BLOB, SMALL_BLOB));
        assert_eq!(started(&mut lane), 2);
        let soon = Instant::now();
        lane.widen(soon);
        assert_eq!(started(&mut lane), 0);
        lane.widen(soon + PATIENCE);
        assert_eq!(
            started(&mut lane),
            3,
            "four small blobs run next to the large one"
        );
        lane.finished(BLOB, SMALL_BLOB + 1);
        assert_eq!(started(&mut lane), 4);
    }

    #[test]
    fn a_lane_is_impatient_while_steps_wait_and_nothing_finishes() {
        let mut lane = Lane::new(Width::new(1), Some(Width::new(2)));
        (0..3).for_each(|id| lane.queue(id, BLOB, 1));
        assert!(lane.impatient_at().is_none());
        assert_eq!(started(&mut lane), 1);
        assert!(lane.impatient_at().is_some());
        lane.finished(BLOB, 1);
        assert!(lane.impatient_at().is_none());
        assert_eq!(started(&mut lane), 1);
        lane.widen(Instant::now() + PATIENCE);
        assert_eq!(started(&mut lane), 1);
        assert!(lane.impatient_at().is_none());
    }

    #[test]
    fn a_lane_is_patient_if_the_wider_one_has_no_room_either() {
        let wider = Width::of_blobs(2);
        let mut lane = Lane::new(Width::new(2), Some(wider));
        (0..3).for_each(|id| lane.queue(id, BLOB, SMALL_BLOB + 1));
        assert_eq!(started(&mut lane), 2);
        assert!(lane.impatient_at().is_none());
    }
}
