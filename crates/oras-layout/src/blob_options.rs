//! Options for a store of blobs.

use std::time::Duration;

use oras_fs::Durability;

/// Options for a [`BlobStore`](crate::BlobStore).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlobStoreOptions {
    /// How durable a blob is before its push succeeds. Default: [`Durability::Full`], because no later write of an
    /// index could wait for it.
    pub durability: Durability,
    /// The age at which [`BlobStore::create`](crate::BlobStore::create) removes a temporary file as a leftover.
    /// Default: one hour.
    pub sweep_grace: Duration,
    /// How long a partial file of [staged content](oras_content::Stager) must be unchanged before
    /// [`BlobStore::create`](crate::BlobStore::create) removes it. Default: one week.
    pub part_grace: Duration,
    /// After how many bytes of staged content the state of its hash is saved beside it, so that the next run reads only
    /// the bytes after that. Default: 256 MiB. The content is flushed each time, so nothing is saved if `durability` is
    /// [`Durability::None`].
    pub state_interval: u64,
}

impl Default for BlobStoreOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Full,
            sweep_grace: oras_fs::GRACE,
            part_grace: oras_fs::PART_GRACE,
            state_interval: oras_fs::STATE_INTERVAL,
        }
    }
}

impl BlobStoreOptions {
    /// Sets how durable a blob is before its push succeeds.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets the age at which temporary files are removed.
    #[must_use]
    pub fn with_sweep_grace(mut self, grace: Duration) -> Self {
        self.sweep_grace = grace;
        self
    }

    /// Sets how long a partial file must be unchanged before it is removed.
    #[must_use]
    pub fn with_part_grace(mut self, grace: Duration) -> Self {
        self.part_grace = grace;
        self
    }

    /// Sets after how many bytes the state of the hash is saved.
    #[must_use]
    pub fn with_state_interval(mut self, bytes: u64) -> Self {
        self.state_interval = bytes;
        self
    }
}
