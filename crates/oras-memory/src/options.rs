//! Options of the memory store.

/// Options of a [`MemoryStore`](crate::MemoryStore).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryOptions {
    /// Upper bound on the total bytes of content, including content being staged. Default: `u64::MAX`, no limit.
    /// Deleted content that is still being read does not count.
    pub limit: u64,
}

impl Default for MemoryOptions {
    fn default() -> Self {
        Self { limit: u64::MAX }
    }
}

impl MemoryOptions {
    /// Sets the upper bound on the total bytes of content.
    #[must_use]
    pub fn with_limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }
}
