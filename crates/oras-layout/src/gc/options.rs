//! What a collection removes.

use std::time::Duration;

/// How [`LayoutStore::gc`](crate::LayoutStore::gc) decides.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GcOptions {
    /// How old a file must be, by its time of modification, to be removed; one hour by default.
    ///
    /// It keeps what others push at the moment, and has to be longer than they take from the first blob to the manifest
    /// that names it. A shorter one costs them an error, never a tag that was acknowledged. Temporary files stay for a minute at
    /// least.
    pub grace: Duration,
    /// Only tell what would be removed; `false` by default.
    pub dry_run: bool,
    /// Remove manifests that have no name, unless they are referrers of what is kept; `false` by default, as many tools
    /// write layouts of which `index.json` lists manifests without names.
    pub remove_untagged: bool,
    /// Go on where a manifest is missing that an index or `index.json` names; `false` by default. What only it leads to
    /// is then removed.
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
    /// Keeps files that are younger than this.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Only tells what would be removed.
    #[must_use]
    pub fn with_dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Removes manifests that have no name.
    #[must_use]
    pub fn with_remove_untagged(mut self, remove: bool) -> Self {
        self.remove_untagged = remove;
        self
    }

    /// Goes on where a manifest is missing.
    #[must_use]
    pub fn with_allow_missing(mut self, allow: bool) -> Self {
        self.allow_missing = allow;
        self
    }
}
