//! Turns: jobs with the same destination run one after the other, in the order of the plan.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::lock::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::overlap::Address;

type Gate = Arc<AsyncMutex<()>>;

/// The last turn taken at each destination.
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
    /// Takes a turn after all earlier ones.
    pub(crate) fn take(&self, at: &Address) -> Turn {
        let gate = Gate::default();
        let held = gate.try_lock_owned();
        // Each change is atomic, so a poisoned lock is safe to use.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.insert(at.clone(), gate);
        Turn { before, held }
    }
}

impl Turn {
    /// Waits until the previous turn ends. This turn ends when the returned guard is dropped.
    pub(crate) async fn comes(self) -> Option<OwnedMutexGuard<()>> {
        if let Some(before) = self.before {
            drop(before.lock().await);
        }
        self.held
    }
}
