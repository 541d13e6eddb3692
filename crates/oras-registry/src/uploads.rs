//! Uploads that are neither closed nor cancelled, so that a caller can cancel them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Uri;

use crate::Repository;
use crate::session::Session;

/// The open uploads of a client, by location.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uploads(Arc<Mutex<HashMap<Uri, (Repository, Session)>>>);

impl Uploads {
    /// Adds an open `session`. It stays if its future is dropped, because a drop cannot wait for a request.
    pub(crate) fn note(&self, repository: &Repository, session: &Session) {
        let noted = (repository.clone(), session.clone());
        self.lock().insert(session.location().clone(), noted);
    }

    /// Replaces the location of `session` by that of `next`.
    pub(crate) fn moved(&self, repository: &Repository, session: &Session, next: &Session) {
        if session.location() != next.location() {
            self.note(repository, next);
            self.forget(session);
        }
    }

    /// Removes a `session` that the registry has closed, or was told to end.
    pub(crate) fn forget(&self, session: &Session) {
        self.lock().remove(session.location());
    }

    /// Returns the open uploads.
    pub(crate) fn open(&self) -> Vec<(Repository, Session)> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uri, (Repository, Session)>> {
        // Every change is a single insertion or removal.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
