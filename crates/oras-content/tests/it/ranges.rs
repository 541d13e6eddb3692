//! Sets of bytes.

use oras_content::{ByteRange, ByteRanges};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_set_of_ranges_is_the_set_of_their_bytes(ranges in prop::collection::vec((0_u64..40, 0_u64..10), 0..12)) {
        let mut set = ByteRanges::default();
        let mut bytes = [false; 60];
        for (start, len) in ranges {
            set.insert(start..start + len);
            bytes[start as usize..(start + len) as usize].fill(true);
        }
        let end = bytes.iter().rposition(|there| *there).map_or(0, |last| last + 1);
        prop_assert_eq!(set.end(), end as u64);
        let prefix = bytes.iter().position(|there| !*there).unwrap_or(bytes.len());
        prop_assert_eq!(set.prefix(), prefix as u64);
        let mut missing = [false; 60];
        for hole in set.holes() {
            prop_assert!(!hole.is_empty());
            missing[hole.start as usize..hole.end as usize].fill(true);
        }
        for (at, there) in bytes[..end].iter().enumerate() {
            prop_assert_eq!(missing[at], !there);
        }
    }

    #[test]
    fn a_range_stays_within_the_content(start: u64, end: Option<u64>, size: u64) {
        let range = match end {
            Some(end) => ByteRange::from(start..end),
            None => ByteRange::from(start..),
        };
        let within = range.within(size);
        prop_assert!(within.start <= within.end && within.end <= size);
        let asked = |at: u64| at >= start && end.is_none_or(|end| at < end);
        if !within.is_empty() {
            prop_assert!(asked(within.start) && asked(within.end - 1));
            prop_assert!(within.start == 0 || !asked(within.start - 1));
            prop_assert!(within.end == size || !asked(within.end));
        }
    }
}
