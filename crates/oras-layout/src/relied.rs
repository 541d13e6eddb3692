//! Content that callers were told exists, and may rely on.

use std::collections::HashSet;
use std::sync::Mutex;

use oras_content::Digest;

use crate::lock;

/// Maximum number of digests remembered. At the limit all are forgotten, and only the grace time of a collection
/// protects them.
const MOST: usize = 100_000;

/// Content that was reported to exist, and that no manifest has referred to since.
///
/// A manifest that refers to such content is refused if the content has been removed since.
#[derive(Debug, Default)]
pub(crate) struct Relied(Mutex<HashSet<Digest>>);

impl Relied {
    pub(crate) fn insert(&self, digest: &Digest) {
        let mut relied = lock(&self.0);
        if relied.len() >= MOST {
            relied.clear();
        }
        relied.insert(digest.clone());
    }

    pub(crate) fn contains(&self, digest: &Digest) -> bool {
        lock(&self.0).contains(digest)
    }

    /// Replaces digests by equal ones that are remembered, because a graph may have very many, and each is needed in
    /// memory only once.
    pub(crate) fn share(&self, digests: &mut [Digest]) {
        let relied = lock(&self.0);
        for digest in digests {
            if let Some(known) = relied.get(digest) {
                digest.clone_from(known);
            }
        }
    }

    pub(crate) fn remove(&self, digest: &Digest) {
        lock(&self.0).remove(digest);
    }
}
