//! Slots: what several copies may do at once, all together.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

/// How much copies that run at the same time do at once, all of them together. Clones are the same slots.
///
/// Each copy keeps to its own [`concurrency`](crate::CopyOptions::concurrency), too.
#[derive(Clone, Debug)]
pub struct Slots {
    lanes: Arc<Lanes>,
}

#[derive(Debug)]
struct Lanes {
    blobs: Semaphore,
    metadata: Semaphore,
}

impl Slots {
    /// Slots for so many transfers of blobs, and so many questions, manifests and mounts; at least 1 of each.
    pub fn new(blobs: usize, metadata: usize) -> Self {
        let lane = |slots: usize| Semaphore::new(slots.clamp(1, Semaphore::MAX_PERMITS));
        Self {
            lanes: Arc::new(Lanes {
                blobs: lane(blobs),
                metadata: lane(metadata),
            }),
        }
    }

    /// Waits for a slot, which is free again when the result is dropped.
    pub(crate) async fn take(&self, is_blob: bool) -> SemaphorePermit<'_> {
        let lane = match is_blob {
            true => &self.lanes.blobs,
            false => &self.lanes.metadata,
        };
        lane.acquire().await.expect("nobody closes the lanes")
    }
}
