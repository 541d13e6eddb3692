//! Randomness: unguessable names, and keys.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A source of 128-bit names. They are a keyed hash of a counter; the keys come from the system's randomness and never leave
/// this value.
#[derive(Debug, Default)]
pub(crate) struct Names {
    keys: [RandomState; 2],
    counter: AtomicU64,
}

impl Names {
    /// Returns a new name: 32 hexadecimal digits.
    pub(crate) fn next(&self) -> String {
        let count = self.counter.fetch_add(1, Relaxed);
        let [first, second] = &self.keys;
        format!("{:016x}{:016x}", first.hash_one(count), second.hash_one(count))
    }
}

/// Returns a key for hashes that stay within this process.
pub(crate) fn key() -> [u8; 32] {
    let mut key = [0; 32];
    for (count, part) in key.chunks_exact_mut(8).enumerate() {
        part.copy_from_slice(&RandomState::new().hash_one(count).to_ne_bytes());
    }
    key
}

#[cfg(test)]
mod tests {
    use super::{Names, key};

    #[test]
    fn keys_differ() {
        assert_ne!(key(), key());
    }

    #[test]
    fn names_differ_within_and_between_sources() {
        let (one, other) = (Names::default(), Names::default());
        let names = [one.next(), one.next(), other.next(), other.next()];
        let distinct: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert!(names.iter().all(|name| name.len() == 32));
    }
}
