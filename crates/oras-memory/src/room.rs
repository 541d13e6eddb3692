//! Room: how much of the limit is taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use oras_content::{Error, ErrorSubject, Result};

/// How many bytes may be held, and how many are.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: u64,
    taken: AtomicU64,
}

impl Budget {
    pub(crate) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self {
            limit,
            taken: AtomicU64::new(0),
        })
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    fn take(&self, bytes: u64) -> bool {
        let more = |taken: u64| taken.checked_add(bytes).filter(|taken| *taken <= self.limit);
        self.taken.fetch_update(Relaxed, Relaxed, more).is_ok()
    }
}

/// Bytes of the limit, which are given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Room {
    pub(crate) fn none(budget: &Arc<Budget>) -> Self {
        Self {
            budget: Arc::clone(budget),
            bytes: 0,
        }
    }

    /// Takes room for `bytes` of `subject`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit): there is not as much left.
    pub(crate) fn take(budget: &Arc<Budget>, bytes: u64, subject: impl Into<ErrorSubject>) -> Result<Self> {
        let mut room = Self::none(budget);
        room.grow(bytes, subject)?;
        Ok(room)
    }

    /// Takes room for as many bytes more.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    pub(crate) fn grow(&mut self, bytes: u64, subject: impl Into<ErrorSubject>) -> Result<()> {
        if !self.budget.take(bytes) {
            return Err(Error::size_exceeds_limit(subject, self.budget.limit()));
        }
        self.bytes += bytes;
        Ok(())
    }

    /// Gives back all but `bytes`.
    pub(crate) fn shrink(&mut self, bytes: u64) {
        let spare = self.bytes.saturating_sub(bytes);
        self.budget.taken.fetch_sub(spare, Relaxed);
        self.bytes -= spare;
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.shrink(0);
    }
}
