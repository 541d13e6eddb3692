//! Options for layouts.

use std::time::Duration;

use oras_fs::Durability;

/// Options for a [`LayoutStore`](crate::LayoutStore).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayoutOptions {
    /// How durable a blob is before its push succeeds. Default: [`Durability::Data`].
    pub blob_durability: Durability,
    /// How durable `index.json` and the names of the blobs pushed so far are before a push of a manifest or a change of
    /// a tag succeeds. Default: [`Durability::Full`].
    pub index_durability: Durability,
    /// How long to wait for the lock while another process changes the layout. Default: 30 seconds.
    pub lock_wait: Duration,
    /// The age at which [`LayoutStore::create`](crate::LayoutStore::create) removes a temporary file as a leftover.
    /// Default: one hour.
    pub sweep_grace: Duration,
    /// How long a partial file of [staged content](oras_content::Stager) must be unchanged before
    /// [`LayoutStore::create`](crate::LayoutStore::create) removes it. Default: one week.
    pub part_grace: Duration,
    /// After how many bytes of staged content the state of its hash is saved beside it, so that the next run reads only
    /// the bytes after that. Default: 256 MiB. The content is flushed each time, so nothing is saved if
    /// `blob_durability` is [`Durability::None`].
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
    /// Sets how durable a blob is before its push succeeds.
    #[must_use]
    pub fn with_blob_durability(mut self, durability: Durability) -> Self {
        self.blob_durability = durability;
        self
    }

    /// Sets how durable `index.json` is before a change succeeds.
    #[must_use]
    pub fn with_index_durability(mut self, durability: Durability) -> Self {
        self.index_durability = durability;
        self
    }

    /// Sets how long to wait for the lock.
    #[must_use]
    pub fn with_lock_wait(mut self, wait: Duration) -> Self {
        self.lock_wait = wait;
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
