//! `ByteRanges`: which bytes of some content are there.

use std::collections::BTreeMap;
use std::ops::Range;

/// A set of bytes, kept as the ranges that they form.
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
    /// Ends by starts; no two ranges touch.
    ends: BTreeMap<u64, u64>,
}

impl ByteRanges {
    /// Adds the bytes of a range.
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

    /// How many bytes there are from the start without a hole.
    pub fn prefix(&self) -> u64 {
        self.ends.get(&0).copied().unwrap_or(0)
    }

    /// The byte after the last one.
    pub fn end(&self) -> u64 {
        self.ends.last_key_value().map_or(0, |(_, end)| *end)
    }

    /// What is missing before the last byte, in order.
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
