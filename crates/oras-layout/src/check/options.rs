//! How thorough a check is.

/// How [`LayoutStore::check`](crate::LayoutStore::check) looks at a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckOptions {
    /// Whether every blob is read and hashed; `true` by default. Without it, only manifests are, and of all else the size
    /// is compared.
    pub hashing: bool,
    /// How many blobs to read at once; 4 by default, and 1 at least.
    pub concurrency: usize,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self {
            hashing: true,
            concurrency: 4,
        }
    }
}

impl CheckOptions {
    /// Reads and hashes every blob, or not.
    #[must_use]
    pub fn with_hashing(mut self, hashing: bool) -> Self {
        self.hashing = hashing;
        self
    }

    /// Reads this many blobs at once.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency;
        self
    }
}
