//! Turns: what writes to one destination does so one after the other, in the order of the plan.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::lock::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::overlap::Address;

type Gate = Arc<AsyncMutex<()>>;

/// The last turn that was taken at each destination.
#[derive(Default)]
pub(crate) struct Turns {
    last: Mutex<HashMap<Address, Gate>>,
}

/// A turn at a destination.
pub(crate) struct Turn {
    before: Option<Gate>,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// A turn after all that were taken.
    pub(crate) fn take(&self, at: &Address) -> Turn {
        let gate = Gate::default();
        let held = gate.try_lock_owned();
        // Every change is a single one.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.insert(at.clone(), gate);
        Turn { before, held }
    }
}

impl Turn {
    /// Waits until the turn before is over; this one is when what is returned is dropped.
    pub(crate) async fn comes(self) -> Option<OwnedMutexGuard<()>> {
        if let Some(before) = self.before {
            drop(before.lock().await);
        }
        self.held
    }
}
