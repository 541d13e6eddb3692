//! What callers were told is there, and may build on.

use std::collections::HashSet;
use std::sync::Mutex;

use oras_content::Digest;

use crate::lock;

/// How many digests are remembered. Of more than these, a few may be looked after by the grace time of a collection alone.
const MOST: usize = 100_000;

/// Content that a push reported to be there and that no manifest has named since.
///
/// A manifest that names such content is refused where the content is gone by then, whoever removed it.
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

    /// Replaces digests by the equal ones that are remembered: a graph may have very many, and needs each once in memory.
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
