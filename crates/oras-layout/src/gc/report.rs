//! What a collection did.

use oras_content::Descriptor;

/// A number of blobs, and how many bytes they have together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Tally {
    /// Counts a blob of this size.
    pub(crate) fn add(&mut self, bytes: u64) {
        self.blobs += 1;
        self.bytes += bytes;
    }
}

/// What [`LayoutStore::gc`](crate::LayoutStore::gc) kept and removed, or would have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GcReport {
    /// What is reachable.
    pub kept: Tally,
    /// What was removed.
    pub removed: Tally,
    /// What is not reachable, and too young to be removed.
    pub fresh: Tally,
    /// Each blob that was removed. What no manifest tells the media type of is `application/octet-stream`.
    pub removed_blobs: Vec<Descriptor>,
    /// The entries that `index.json` no longer has.
    pub unlisted: Vec<Descriptor>,
    /// How many files of killed processes were removed. A dry run does not look for them.
    pub leftovers: usize,
}
