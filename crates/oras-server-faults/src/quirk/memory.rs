//! The state of quirks.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Maximum number of entries; beyond it, all are removed.
const MAX_ENTRIES: usize = 100_000;

/// Numbers and texts, by key.
#[derive(Debug, Default)]
pub(super) struct Memory {
    counts: Mutex<HashMap<String, u64>>,
    texts: Mutex<HashMap<String, String>>,
}

impl Memory {
    /// Counts up, and returns the new count.
    pub(super) fn count(&self, of: &str) -> u64 {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        bound(&mut counts);
        let count = counts.entry(of.to_owned()).or_default();
        *count += 1;
        *count
    }

    /// Whether this is the last of every `step` of its kind.
    pub(super) fn is_every(&self, step: u64, of: &str) -> bool {
        self.count(of).is_multiple_of(step)
    }

    pub(super) fn set(&self, name: String, text: String) {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        bound(&mut texts);
        texts.insert(name, text);
    }

    pub(super) fn get(&self, name: &str) -> Option<String> {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.get(name).cloned()
    }
}

fn bound<T>(map: &mut HashMap<String, T>) {
    if map.len() >= MAX_ENTRIES {
        map.clear();
    }
}
