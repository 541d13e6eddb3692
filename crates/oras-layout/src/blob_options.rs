//! How a store of blobs is opened.

use std::time::Duration;

use oras_fs::Durability;

/// How a [`BlobStore`](crate::BlobStore) writes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlobStoreOptions {
    /// How much of a blob is on the disk before its push reports success; [`Durability::Full`] by default, since no index
    /// is written later that could wait for it.
    pub durability: Durability,
    /// How old a temporary file must be before [`BlobStore::create`](crate::BlobStore::create) takes it for a leftover
    /// and removes it; one hour by default.
    pub sweep_grace: Duration,
    /// How long nothing must have been added to content that is taken over [several runs](oras_content::Stager) before
    /// [`BlobStore::create`](crate::BlobStore::create) removes it; one week by default.
    pub part_grace: Duration,
    /// After how many bytes of such content the state of its hash is saved beside it, so that the next run reads only what
    /// came later; 256 MiB by default. The content is flushed each time, so that none is saved where `durability` is
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
    /// Waits for this much of a blob to be on the disk.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Takes temporary files of this age for leftovers.
    #[must_use]
    pub fn with_sweep_grace(mut self, grace: Duration) -> Self {
        self.sweep_grace = grace;
        self
    }

    /// Takes content that nobody has added to for this long for given up.
    #[must_use]
    pub fn with_part_grace(mut self, grace: Duration) -> Self {
        self.part_grace = grace;
        self
    }

    /// Saves the state of the hash of content that is kept for the next run after this many bytes.
    #[must_use]
    pub fn with_state_interval(mut self, bytes: u64) -> Self {
        self.state_interval = bytes;
        self
    }
}
