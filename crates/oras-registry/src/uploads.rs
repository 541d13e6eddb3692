//! Uploads that were opened and are neither ended nor cancelled, so that a caller who gives up can cancel them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Repository;
use crate::session::Session;

/// The open uploads of a client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uploads(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    open: HashMap<u64, (Repository, Session)>,
}

impl Uploads {
    /// Notes that `session` is open, until the returned guard is told that it is over.
    pub(crate) fn open(&self, repository: &Repository, session: &Session) -> Upload {
        let mut state = self.lock();
        let id = state.next;
        state.next += 1;
        state.open.insert(id, (repository.clone(), session.clone()));
        Upload {
            uploads: self.clone(),
            id,
        }
    }

    /// The uploads that are open, which are no longer noted from now on.
    pub(crate) fn take(&self) -> Vec<(Repository, Session)> {
        std::mem::take(&mut self.lock().open).into_values().collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is a single insertion or removal.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An upload that is under way. Dropping it leaves it open: whoever is dropped cannot wait for a request.
#[derive(Debug)]
#[must_use]
pub(crate) struct Upload {
    uploads: Uploads,
    id: u64,
}

impl Upload {
    /// The registry is done with it.
    pub(crate) fn close(self) {
        self.uploads.lock().open.remove(&self.id);
    }
}
