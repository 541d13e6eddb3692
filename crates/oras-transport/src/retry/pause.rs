//! `Pauses`: origins that limited the rate of all requests.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::origin::Origin;

/// For each origin, when the next request may be sent. Shared by all tasks, so that each need not find out for itself.
#[derive(Debug, Default)]
pub(crate) struct Pauses(Mutex<HashMap<Origin, Instant>>);

impl Pauses {
    pub(crate) fn set(&self, origin: &Origin, wait: Duration) {
        let now = Instant::now();
        let Some(until) = now.checked_add(wait) else {
            return;
        };
        let mut pauses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.retain(|_, until| *until > now);
        let slot = pauses.entry(origin.clone()).or_insert(until);
        *slot = until.max(*slot);
    }

    pub(crate) fn left(&self, origin: &Origin) -> Option<Duration> {
        let pauses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = pauses.get(origin)?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }
}
