//! Counts interruptions of an upload since its last progress.

use oras_content::Error;

use crate::error::is_silence;

/// Maximum number of interruptions without progress.
const MAX_INTERRUPTIONS: u32 = 3;

/// The number of bytes that counts as progress. A smaller blob is sent again rather than resumed.
pub(crate) const PROGRESS: u64 = 1024 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Interruptions {
    /// Interruptions since the last progress.
    count: u32,
    /// The offset at the last progress.
    best: u64,
    was_silent: bool,
    is_silent_again: bool,
}

impl Interruptions {
    /// Records that the registry has received `offset` bytes. Progress resets the count.
    pub(crate) fn advance(&mut self, offset: u64) {
        if offset >= self.best.saturating_add(PROGRESS) {
            (self.best, self.count) = (offset, 0);
            (self.was_silent, self.is_silent_again) = (false, false);
        }
    }

    /// Records another failed attempt.
    pub(crate) fn note(&mut self, error: &Error) {
        self.is_silent_again = self.was_silent && is_silence(error);
        self.was_silent = is_silence(error);
    }

    /// The number of the next interruption.
    pub(crate) fn next(&self) -> u32 {
        self.count + 1
    }

    /// Whether the limit is reached, or the registry timed out twice in a row.
    pub(crate) fn is_over(&self) -> bool {
        self.is_silent_again || self.count == MAX_INTERRUPTIONS
    }

    pub(crate) fn is_full(&self) -> bool {
        self.count == MAX_INTERRUPTIONS
    }

    pub(crate) fn add(&mut self) {
        self.count += 1;
    }
}
