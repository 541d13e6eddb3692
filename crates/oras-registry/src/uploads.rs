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

    /// The upload of `session` goes on at the location of `next`.
    pub(crate) fn moved(&self, repository: &Repository, session: &Session, next: &Session) {
        if session.location() != next.location() {
            self.note(repository, next);
            self.forget(session);
        }
    }

    /// The registry is done with `session`, or was told to end it.
    pub(crate) fn forget(&self, session: &Session) {
        self.lock().remove(session.location());
    }

    /// The uploads that are open.
    pub(crate) fn open(&self) -> Vec<(Repository, Session)> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uri, (Repository, Session)>> {
        // Every change is a single insertion or removal.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
