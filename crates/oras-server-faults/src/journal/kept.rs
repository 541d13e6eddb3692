//! The entries that are kept: the newest, within limits.

use std::collections::VecDeque;
use std::sync::Arc;

use super::record::Record;

/// How much a journal keeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) entries: usize,
    /// How much memory the entries may take, by estimate.
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
    /// Adds the newest, and drops the oldest where there are too many.
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
