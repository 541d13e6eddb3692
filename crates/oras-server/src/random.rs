//! Names that cannot be guessed: ids of uploads, and tokens.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A source of 128-bit names. They are a keyed hash of a counter; the keys come from the system's randomness and never
/// leave this value.
#[derive(Debug, Default)]
pub(crate) struct Names {
    keys: [RandomState; 2],
    counter: AtomicU64,
}

impl Names {
    /// A name that was not given out before: 32 hexadecimal digits.
    pub(crate) fn next(&self) -> String {
        let count = self.counter.fetch_add(1, Relaxed);
        let [first, second] = &self.keys;
        format!("{:016x}{:016x}", first.hash_one(count), second.hash_one(count))
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn names_differ_within_and_between_sources() {
        let (one, other) = (Names::default(), Names::default());
        let names = [one.next(), one.next(), other.next(), other.next()];
        let distinct: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert!(names.iter().all(|name| name.len() == 32));
    }
}
