//! The result of a garbage collection.

use oras_content::Descriptor;

/// A number of blobs, and their total size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Number of blobs.
    pub blobs: u64,
    /// Total size in bytes.
    pub bytes: u64,
}

impl Tally {
    /// Counts a blob of this size.
    pub(crate) fn add(&mut self, bytes: u64) {
        self.blobs += 1;
        self.bytes += bytes;
    }
}

/// The result of [`LayoutStore::gc`](crate::LayoutStore::gc). For a dry run, what would have been removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GcReport {
    /// Reachable content.
    pub kept: Tally,
    /// Removed content.
    pub removed: Tally,
    /// Content that is not reachable, but too young to be removed.
    pub fresh: Tally,
    /// The removed blobs. If no manifest gives the media type, it is `application/octet-stream`.
    pub removed_blobs: Vec<Descriptor>,
    /// The entries removed from `index.json`.
    pub unlisted: Vec<Descriptor>,
    /// Number of removed files of killed processes. A dry run does not look for them.
    pub leftovers: usize,
}
