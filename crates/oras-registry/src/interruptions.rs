//! Interruptions of an upload, which are counted from the last progress on.

use oras_content::Error;

use crate::error::is_silence;

/// How often an upload is interrupted without getting anywhere before it fails.
const MAX_INTERRUPTIONS: u32 = 3;

/// What counts as getting somewhere. A blob of fewer bytes is sent anew rather than taken up again.
pub(crate) const PROGRESS: u64 = 1024 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Interruptions {
    /// Since there was progress.
    count: u32,
    /// The most bytes that the registry had so far, as of the last progress.
    best: u64,
    was_silent: bool,
    is_silent_again: bool,
}

impl Interruptions {
    /// The registry has so many bytes. Progress begins the count anew.
    pub(crate) fn advance(&mut self, offset: u64) {
        if offset >= self.best.saturating_add(PROGRESS) {
            (self.best, self.count) = (offset, 0);
            (self.was_silent, self.is_silent_again) = (false, false);
        }
    }

    /// Another attempt failed.
    pub(crate) fn note(&mut self, error: &Error) {
        self.is_silent_again = self.was_silent && is_silence(error);
        self.was_silent = is_silence(error);
    }

    /// Which interruption the next one is.
    pub(crate) fn next(&self) -> u32 {
        self.count + 1
    }

    /// Whether there were as many as there may be, or silence twice.
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
