//! How much a store in memory holds.

/// How a [`MemoryStore`](crate::MemoryStore) holds content.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryOptions {
    /// The most bytes of content that are held, all together, content under way included; no limit, `u64::MAX`, by
    /// default. Content that was deleted and is still being read does not count.
    pub limit: u64,
}

impl Default for MemoryOptions {
    fn default() -> Self {
        Self { limit: u64::MAX }
    }
}

impl MemoryOptions {
    /// Holds at most this many bytes of content.
    #[must_use]
    pub fn with_limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }
}
