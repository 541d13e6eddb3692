//! The width of a lane, and the share of it that each step takes.

/// Upper bound on a small blob's size in bytes. Latency dominates the transfer of small blobs.
pub(crate) const SMALL_BLOB: u64 = 256 * 1024;

/// Number of small blobs that share the room of a large one.
const SMALL_PER_LARGE: u32 = 4;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Width {
    shares: u32,
    large: u32,
}

impl Width {
    /// Creates a width for `limit` steps, at least 1, regardless of size.
    pub(crate) fn new(limit: usize) -> Self {
        let shares = u32::try_from(limit).unwrap_or(u32::MAX).max(1);
        Self { shares, large: 1 }
    }

    /// Creates a width for `limit` blobs, of which small ones share room, unless `limit` is 1.
    pub(crate) fn of_blobs(limit: usize) -> Self {
        match Self::new(limit) {
            one @ Self { shares: 1, .. } => one,
            Self { shares, .. } => Self {
                shares: shares.saturating_mul(SMALL_PER_LARGE),
                large: SMALL_PER_LARGE,
            },
        }
    }

    /// Returns the number of shares.
    pub(crate) fn shares(self) -> u32 {
        self.shares
    }

    /// Returns the number of shares that a step on `size` bytes takes.
    pub(crate) fn share_of(self, size: u64) -> u32 {
        match size <= SMALL_BLOB {
            true => 1,
            false => self.large,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_once(width: Width, size: u64) -> u32 {
        width.shares() / width.share_of(size)
    }

    #[test]
    fn four_small_blobs_take_as_much_as_a_large_one() {
        let width = Width::of_blobs(16);
        assert_eq!(at_once(width, SMALL_BLOB + 1), 16);
        assert_eq!(at_once(width, SMALL_BLOB), 64);
    }

    #[test]
    fn one_blob_at_once_is_one_however_small() {
        for limit in [0, 1] {
            assert_eq!(at_once(Width::of_blobs(limit), 1), 1);
        }
    }

    #[test]
    fn a_limit_without_end_still_lets_large_blobs_run() {
        assert!(at_once(Width::of_blobs(usize::MAX), u64::MAX) > 1 << 20);
    }
}
