//! Byte ranges: those a client asks for, and those of the chunks it sends.

use std::ops::Range;

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All bytes: the header is absent, or not one that has to be followed.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that are not there.
    Unsatisfiable,
}

impl Wanted {
    /// Reads a `Range` header against content of `size` bytes. Several ranges at once are answered with everything.
    ///
    /// Spec: RFC 9110, section 14.1.2.
    pub(crate) fn parse(header: &str, size: u64) -> Self {
        let Some((unit, ranges)) = header.split_once('=') else {
            return Self::Whole;
        };
        let Some((first, last)) = ranges.trim().split_once('-') else {
            return Self::Whole;
        };
        if !unit.trim().eq_ignore_ascii_case("bytes") || ranges.contains(',') {
            return Self::Whole;
        }
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

/// The `Content-Range` of a chunk, `first-last` and nothing else, as the bytes it covers.
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

/// A number made of digits only; one that is too large counts as the largest.
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
            ("bytes=0-1,3-4", Wanted::Whole),
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
