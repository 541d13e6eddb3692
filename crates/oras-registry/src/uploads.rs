//! Uploads that were opened and are neither ended nor cancelled, so that a caller who gives up can cancel them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Uri;

use crate::Repository;
use crate::session::Session;

/// The open uploads of a client, by their locations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uploads(Arc<Mutex<HashMap<Uri, (Repository, Session)>>>);

impl Uploads {
    /// Notes that `session` is open. A future that is dropped leaves it noted: it cannot wait for a request.
    pub(crate) fn note(&self, repository: &Repository, session: &Session) {
        let noted = (repository.clone(), session.clone());
        self.lock().insert(session.location().clone(), noted);
    }

    /// The registry is done with `session`, or is about to be told to end it.
    pub(crate) fn forget(&self, session: &Session) {
        self.lock().remove(session.location());
    }

    /// The uploads that are open, which are no longer noted from now on.
    pub(crate) fn take(&self) -> Vec<(Repository, Session)> {
        std::mem::take(&mut *self.lock()).into_values().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uri, (Repository, Session)>> {
        // Every change is a single insertion or removal.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
