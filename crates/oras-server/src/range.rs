//! Byte ranges: those a client requests, and those of the chunks it sends.

use std::ops::Range;

/// Maximum number of ranges in one header; with more, everything is sent.
pub(crate) const MAX_RANGES: usize = 16;

/// The ranges that a `Range` header requests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All bytes: the header is absent or may be ignored.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// These bytes, in this order: at least two ranges, which are together not longer than the content.
    Parts(Vec<Range<u64>>),
    /// No existing bytes.
    Unsatisfiable,
}

impl Wanted {
    /// Parses a `Range` header for content of `size` bytes.
    ///
    /// Of several ranges, unsatisfiable ones are left out. More than 16 ranges, or ranges that are together longer than the
    /// content, are answered with everything: no header makes a response larger than the content.
    ///
    /// Spec: RFC 9110, sections 14.1.2 and 14.2.
    pub(crate) fn parse(header: &str, size: u64) -> Self {
        let Some((unit, ranges)) = header.split_once('=') else {
            return Self::Whole;
        };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Self::Whole;
        }
        let ranges = ranges.split(',').map(str::trim).filter(|range| !range.is_empty());
        let ranges: Vec<&str> = ranges.take(MAX_RANGES + 1).collect();
        if ranges.is_empty() || ranges.len() > MAX_RANGES {
            return Self::Whole;
        }
        let mut wanted = Vec::new();
        for range in ranges {
            match Self::one(range, size) {
                Self::Part(bytes) => wanted.push(bytes),
                Self::Unsatisfiable => {}
                _ => return Self::Whole,
            }
        }
        Self::together(wanted, size)
    }

    fn together(mut ranges: Vec<Range<u64>>, size: u64) -> Self {
        let len = ranges.iter().map(|range| range.end - range.start);
        let len = len.fold(0, u64::saturating_add);
        match ranges.len() {
            0 => Self::Unsatisfiable,
            1 => Self::Part(ranges.remove(0)),
            _ if len > size => Self::Whole,
            _ => Self::Parts(ranges),
        }
    }

    /// Parses one range of a header.
    fn one(range: &str, size: u64) -> Self {
        let Some((first, last)) = range.split_once('-') else {
            return Self::Whole;
        };
        match (number(first), number(last)) {
            (Number::Is(first), Number::Absent) => Self::between(first, u64::MAX, size),
            (Number::Is(first), Number::Is(last)) => Self::between(first, last, size),
            (Number::Absent, Number::Is(suffix)) => Self::suffix(suffix, size),
            _ => Self::Whole,
        }
    }

    fn between(first: u64, last: u64, size: u64) -> Self {
        if first > last || first >= size {
            return Self::Unsatisfiable;
        }
        Self::Part(first..last.saturating_add(1).min(size))
    }

    fn suffix(len: u64, size: u64) -> Self {
        match (len, size) {
            (0, _) => Self::Unsatisfiable,
            (_, 0) => Self::Whole,
            _ => Self::Part(size.saturating_sub(len)..size),
        }
    }
}

/// Parses the `Content-Range` of a chunk, exactly `first-last`, into the bytes it covers.
///
/// Spec: distribution-spec v1.1, "Pushing a blob in chunks".
pub(crate) fn chunk(header: &str) -> Option<Range<u64>> {
    let (first, last) = header.split_once('-')?;
    match (number(first), number(last)) {
        (Number::Is(first), Number::Is(last)) if first <= last => Some(first..last.checked_add(1)?),
        _ => None,
    }
}

enum Number {
    Is(u64),
    Absent,
    Garbage,
}

/// Parses a number made of digits only; one that is too large counts as the largest.
fn number(text: &str) -> Number {
    match text {
        "" => Number::Absent,
        _ if text.bytes().all(|b| b.is_ascii_digit()) => Number::Is(text.parse().unwrap_or(u64::MAX)),
        _ => Number::Garbage,
    }
}

#[cfg(test)]
mod tests {
    use super::{Wanted, chunk};

    #[test]
    fn all_forms_of_a_range_are_read() {
        let cases = [
            ("bytes=0-4", Wanted::Part(0..5)),
            ("bytes=2-", Wanted::Part(2..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-30", Wanted::Part(0..10)),
            ("bytes=8-99999999999999999999999", Wanted::Part(8..10)),
            ("bytes=9-9", Wanted::Part(9..10)),
            ("bytes=10-", Wanted::Unsatisfiable),
            ("bytes=5-2", Wanted::Unsatisfiable),
            ("bytes=-0", Wanted::Unsatisfiable),
            ("bytes=5-6,20-30", Wanted::Part(5..7)),
            ("bytes=5-6, 0-0,,-2", Wanted::Parts(vec![5..7, 0..1, 8..10])),
            ("bytes=0-5,3-6", Wanted::Parts(vec![0..6, 3..7])),
            ("bytes=0-5,3-7", Wanted::Whole),
            ("bytes=20-30,40-50", Wanted::Unsatisfiable),
            ("bytes=0-1,x", Wanted::Whole),
            ("bytes=", Wanted::Whole),
            ("bytes=,", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("bytes 0-4", Wanted::Whole),
            ("pages=0-4", Wanted::Whole),
        ];
        for (header, wanted) in cases {
            assert_eq!(Wanted::parse(header, 10), wanted, "{header}");
        }
    }

    #[test]
    fn more_than_sixteen_ranges_are_not_followed() {
        let ranges = |count: usize| format!("bytes={}", vec!["0-0"; count].join(","));
        assert_eq!(Wanted::parse(&ranges(16), 100), Wanted::Parts(vec![0..1; 16]));
        assert_eq!(Wanted::parse(&ranges(17), 100), Wanted::Whole);
        // Those that are not there count too: each of them was work to read.
        let absent = format!("{},{}", ranges(2), vec!["500-"; 15].join(","));
        assert_eq!(Wanted::parse(&absent, 100), Wanted::Whole);
    }

    #[test]
    fn nothing_of_empty_content_can_be_cut_out() {
        assert_eq!(Wanted::parse("bytes=0-", 0), Wanted::Unsatisfiable);
        assert_eq!(Wanted::parse("bytes=-5", 0), Wanted::Whole);
    }

    #[test]
    fn a_chunk_is_two_numbers_in_order() {
        assert_eq!(chunk("0-4"), Some(0..5));
        assert_eq!(chunk("5-5"), Some(5..6));
        for wrong in [
            "",
            "-",
            "5",
            "5-",
            "-5",
            "5-4",
            "bytes 0-4/*",
            "bytes=0-4",
            "0-4/10",
            "0-18446744073709551615",
        ] {
            assert_eq!(chunk(wrong), None, "{wrong}");
        }
    }
}
