//! The newest entries, within limits.

use std::collections::VecDeque;
use std::sync::Arc;

use super::record::Record;

/// The limits of a journal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) entries: usize,
    /// Maximum memory of the entries, by estimate.
    pub(crate) bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 100_000,
            bytes: 256 * 1024 * 1024,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Kept {
    records: VecDeque<Arc<Record>>,
    bytes: usize,
}

impl Kept {
    /// Adds an entry, and removes the oldest ones above the limits.
    pub(super) fn push(&mut self, record: Arc<Record>, limits: Limits) {
        self.bytes += record.weight();
        self.records.push_back(record);
        while (self.records.len() > limits.entries || self.bytes > limits.bytes)
            && let Some(oldest) = self.records.pop_front()
        {
            self.bytes -= oldest.weight();
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().map(|record| &**record)
    }
}
