//! `Slots`: a concurrency limit shared by several copies.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::width::Width;

/// A limit on the total concurrency of copies that run at the same time. Clones share the same slots.
///
/// Each copy also has its own [`concurrency`](crate::CopyOptions::concurrency) limit.
#[derive(Clone, Debug)]
pub struct Slots {
    lanes: Arc<Lanes>,
}

#[derive(Debug)]
struct Lanes {
    blobs: Room,
    metadata: Room,
}

#[derive(Debug)]
struct Room {
    width: Width,
    free: Semaphore,
}

impl Slots {
    /// Creates `blobs` slots for blob transfers and `metadata` slots for checks, manifests and mounts; at least 1 of
    /// each. Four blobs of at most 256 KiB share a slot, however fast the stores are, unless there is only one.
    pub fn new(blobs: usize, metadata: usize) -> Self {
        Self {
            lanes: Arc::new(Lanes {
                blobs: Room::new(Width::of_blobs(blobs)),
                metadata: Room::new(Width::new(metadata)),
            }),
        }
    }

    /// Waits for a slot for a blob of `size` bytes. Dropping the permit releases it.
    pub(crate) async fn take_blob(&self, size: u64) -> SemaphorePermit<'_> {
        self.lanes.blobs.take(size).await
    }

    /// Waits for a slot for anything else. Dropping the permit releases it.
    pub(crate) async fn take_metadata(&self) -> SemaphorePermit<'_> {
        self.lanes.metadata.take(0).await
    }
}

impl Room {
    fn new(width: Width) -> Self {
        let shares = usize::try_from(width.shares()).unwrap_or(usize::MAX);
        Self {
            width,
            free: Semaphore::new(shares.min(Semaphore::MAX_PERMITS)),
        }
    }

    async fn take(&self, size: u64) -> SemaphorePermit<'_> {
        let share = self.width.share_of(size);
        self.free
            .acquire_many(share)
            .await
            .expect("the lanes are never closed")
    }
}
