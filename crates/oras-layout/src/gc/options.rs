//! Options for garbage collection.

use std::time::Duration;

/// Options for [`LayoutStore::gc`](crate::LayoutStore::gc).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GcOptions {
    /// Minimum age of a file to be removed, by its modification time. Default: one hour.
    ///
    /// It protects content that others are pushing, and must be longer than a push takes from its first blob to the
    /// manifest that refers to it. With a shorter one a push may fail, but a tag that was acknowledged is never lost.
    /// Temporary files are kept for at least a minute.
    pub grace: Duration,
    /// Only report what would be removed. Default: `false`.
    pub dry_run: bool,
    /// Remove manifests without a name, unless they are referrers of kept content. Default: `false`, because many tools
    /// write layouts whose `index.json` lists manifests without names.
    pub remove_untagged: bool,
    /// Continue if a manifest that an index or `index.json` refers to is missing. Default: `false`. Content that only
    /// the missing manifest leads to is then removed.
    pub allow_missing: bool,
}

impl Default for GcOptions {
    fn default() -> Self {
        Self {
            grace: oras_fs::GRACE,
            dry_run: false,
            remove_untagged: false,
            allow_missing: false,
        }
    }
}

impl GcOptions {
    /// Sets the minimum age of files to be removed.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sets whether to only report what would be removed.
    #[must_use]
    pub fn with_dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Sets whether to remove manifests without a name.
    #[must_use]
    pub fn with_remove_untagged(mut self, remove: bool) -> Self {
        self.remove_untagged = remove;
        self
    }

    /// Sets whether to continue if a manifest is missing.
    #[must_use]
    pub fn with_allow_missing(mut self, allow: bool) -> Self {
        self.allow_missing = allow;
        self
    }
}
