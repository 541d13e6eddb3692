//! `ByteRange`: which bytes of some content are meant.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo};

/// A range of bytes, counted from the start of some content. Its end may be that of the content.
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
    /// The first byte.
    pub fn start(self) -> u64 {
        self.start
    }

    /// The byte after the last one; `None` for the end of the content.
    pub fn end(self) -> Option<u64> {
        self.end
    }

    /// Whether it is all of the content, however long that is.
    pub fn is_full(self) -> bool {
        self == Self::default()
    }

    /// The bytes of it that content of `size` bytes has.
    pub fn within(self, size: u64) -> Range<u64> {
        let start = self.start.min(size);
        start..self.end.unwrap_or(size).clamp(start, size)
    }

    /// Whether `served` is what was asked for, of content of `size` bytes; says what is wrong with it.
    pub(crate) fn compare(self, served: &Range<u64>, size: Option<u64>) -> Result<(), String> {
        // Content whose length nobody knew in advance may end anywhere.
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
