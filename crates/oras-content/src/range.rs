//! `ByteRange`: a requested range of content.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo};

/// A range of bytes from the start of some content, optionally open-ended.
///
/// ```
/// use oras_content::ByteRange;
///
/// assert_eq!(ByteRange::from(..).within(10), 0..10);
/// assert_eq!(ByteRange::from(4..).within(10), 4..10);
/// assert_eq!(ByteRange::from(4..20).within(10), 4..10);
/// assert_eq!(ByteRange::from(12..20).within(10), 10..10);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ByteRange {
    start: u64,
    end: Option<u64>,
}

impl ByteRange {
    /// Returns the offset of the first byte.
    pub fn start(self) -> u64 {
        self.start
    }

    /// Returns the offset after the last byte, or `None` if the range extends to the end of the content.
    pub fn end(self) -> Option<u64> {
        self.end
    }

    /// Returns `true` if the range covers the whole content, whatever its length.
    pub fn is_full(self) -> bool {
        self == Self::default()
    }

    /// Clamps the range to content of `size` bytes.
    pub fn within(self, size: u64) -> Range<u64> {
        let start = self.start.min(size);
        start..self.end.unwrap_or(size).clamp(start, size)
    }

    /// Checks that `served` is this range of content of `size` bytes; the error says what is wrong.
    pub(crate) fn compare(self, served: &Range<u64>, size: Option<u64>) -> Result<(), String> {
        // Content whose length was not known in advance may end anywhere.
        let size = size.filter(|_| served.end != u64::MAX);
        let wanted = match size {
            Some(size) => self.within(size),
            None => self.start..self.end.unwrap_or(served.end),
        };
        if *served == wanted || (size.is_none() && served.start == wanted.start && served.end <= wanted.end) {
            return Ok(());
        }
        Err(format!(
            "asked for the bytes from {} to {}, got those from {} to {}",
            wanted.start, wanted.end, served.start, served.end
        ))
    }
}

impl From<RangeFull> for ByteRange {
    fn from(_: RangeFull) -> Self {
        Self::default()
    }
}

impl From<RangeFrom<u64>> for ByteRange {
    fn from(range: RangeFrom<u64>) -> Self {
        Self {
            start: range.start,
            end: None,
        }
    }
}

impl From<RangeTo<u64>> for ByteRange {
    fn from(range: RangeTo<u64>) -> Self {
        Self {
            start: 0,
            end: Some(range.end),
        }
    }
}

impl From<RangeInclusive<u64>> for ByteRange {
    fn from(range: RangeInclusive<u64>) -> Self {
        Self::from(*range.start()..range.end().saturating_add(1))
    }
}

impl From<Range<u64>> for ByteRange {
    fn from(range: Range<u64>) -> Self {
        Self {
            start: range.start,
            end: Some(range.end.max(range.start)),
        }
    }
}
