//! `ByteRanges`: the set of bytes already present.

use std::collections::BTreeMap;
use std::ops::Range;

/// A set of byte offsets, stored as disjoint ranges.
///
/// ```
/// use oras_content::ByteRanges;
///
/// let mut there = ByteRanges::default();
/// there.insert(0..4);
/// there.insert(8..10);
/// assert_eq!(there.prefix(), 4);
/// assert_eq!(there.holes(), [4..8]);
/// there.insert(3..8);
/// assert_eq!(there.prefix(), 10);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByteRanges {
    /// End offsets by start offset. No two ranges touch.
    ends: BTreeMap<u64, u64>,
}

impl ByteRanges {
    /// Adds a range of bytes.
    pub fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let (mut start, mut end) = (range.start, range.end);
        let touching: Vec<u64> = self
            .ends
            .range(..=end)
            .rev()
            .take_while(|(_, last)| **last >= start)
            .map(|(first, _)| *first)
            .collect();
        for first in touching {
            let last = self.ends.remove(&first).expect("it was found in the map");
            start = start.min(first);
            end = end.max(last);
        }
        self.ends.insert(start, end);
    }

    /// Returns the number of contiguous bytes from the start.
    pub fn prefix(&self) -> u64 {
        self.ends.get(&0).copied().unwrap_or(0)
    }

    /// Returns the offset after the last byte.
    pub fn end(&self) -> u64 {
        self.ends.last_key_value().map_or(0, |(_, end)| *end)
    }

    /// Returns the missing ranges before the last byte, in order.
    pub fn holes(&self) -> Vec<Range<u64>> {
        let mut at = 0;
        let mut holes = Vec::new();
        for (start, end) in &self.ends {
            if at < *start {
                holes.push(at..*start);
            }
            at = *end;
        }
        holes
    }
}
