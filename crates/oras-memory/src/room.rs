//! Accounting of the memory limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use oras_content::{Error, ErrorSubject, Result};

/// The limit, and the bytes taken of it.
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

/// A reservation of bytes. Dropping it releases them.
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

    /// Reserves `bytes` for `subject`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit): fewer bytes are left.
    pub(crate) fn take(budget: &Arc<Budget>, bytes: u64, subject: impl Into<ErrorSubject>) -> Result<Self> {
        let mut room = Self::none(budget);
        room.grow(bytes, subject)?;
        Ok(room)
    }

    /// Reserves `bytes` more.
    ///
    /// # Errors
    ///
    /// As for [`take`](Self::take).
    pub(crate) fn grow(&mut self, bytes: u64, subject: impl Into<ErrorSubject>) -> Result<()> {
        if !self.budget.take(bytes) {
            return Err(Error::size_exceeds_limit(subject, self.budget.limit()));
        }
        self.bytes += bytes;
        Ok(())
    }

    /// Reduces the reservation to `bytes`.
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
