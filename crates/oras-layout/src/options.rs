//! How a layout is opened.

use std::time::Duration;

use oras_fs::Durability;

/// How a [`LayoutStore`](crate::LayoutStore) writes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayoutOptions {
    /// How much of a blob is on the disk before its push reports success; [`Durability::Data`] by default.
    pub blob_durability: Durability,
    /// How much of `index.json`, and of the names of the blobs pushed so far, is on the disk before a push of a
    /// manifest or a change of a tag reports success; [`Durability::Full`] by default.
    pub index_durability: Durability,
    /// How long to wait while another process changes the layout; 30 seconds by default.
    pub lock_wait: Duration,
    /// How old a temporary file must be before [`LayoutStore::create`](crate::LayoutStore::create) takes it for a
    /// leftover and removes it; one hour by default.
    pub sweep_grace: Duration,
    /// How long nothing must have been added to content that is taken over [several runs](oras_content::Stager) before
    /// [`LayoutStore::create`](crate::LayoutStore::create) removes it; one week by default.
    pub part_grace: Duration,
    /// After how many bytes of such content the state of its hash is saved beside it, so that the next run reads only what
    /// came later; 256 MiB by default. The content is flushed each time, so that none is saved where `blob_durability` is
    /// [`Durability::None`].
    pub state_interval: u64,
}

impl Default for LayoutOptions {
    fn default() -> Self {
        Self {
            blob_durability: Durability::Data,
            index_durability: Durability::Full,
            lock_wait: Duration::from_secs(30),
            sweep_grace: oras_fs::GRACE,
            part_grace: oras_fs::PART_GRACE,
            state_interval: oras_fs::STATE_INTERVAL,
        }
    }
}

impl LayoutOptions {
    /// Waits for this much of a blob to be on the disk.
    #[must_use]
    pub fn with_blob_durability(mut self, durability: Durability) -> Self {
        self.blob_durability = durability;
        self
    }

    /// Waits for this much of `index.json` to be on the disk.
    #[must_use]
    pub fn with_index_durability(mut self, durability: Durability) -> Self {
        self.index_durability = durability;
        self
    }

    /// Waits this long while another process changes the layout.
    #[must_use]
    pub fn with_lock_wait(mut self, wait: Duration) -> Self {
        self.lock_wait = wait;
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
