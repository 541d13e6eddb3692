//! Options for checks.

/// Options for [`LayoutStore::check`](crate::LayoutStore::check).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckOptions {
    /// Whether every blob is read and hashed. Default: `true`. Otherwise only manifests are, and for other content only
    /// the size is compared.
    pub hashing: bool,
    /// Number of blobs to read concurrently. Default: 4. The minimum is 1.
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
    /// Sets whether every blob is read and hashed.
    #[must_use]
    pub fn with_hashing(mut self, hashing: bool) -> Self {
        self.hashing = hashing;
        self
    }

    /// Sets the number of blobs to read concurrently.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency;
        self
    }
}
