//! All open upload sessions.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use oras_content::{StageKey, StageOptions, Staged, Stager, Store};
use tokio::sync::Mutex as AsyncMutex;

use super::session::{Session, unknown};
use crate::error::{Code, Failure, Result};
use crate::random::Names;

/// All open uploads.
///
/// If the store supports it, received bytes stay when the server ends, and the next server finds them by the id. A session
/// that another process has open is not available here.
#[derive(Debug)]
pub(crate) struct Sessions {
    limit: usize,
    lifetime: Duration,
    names: Names,
    open: Mutex<HashMap<String, Arc<Session>>>,
    /// The repositories that were already cleared of expired uploads of earlier servers.
    swept: Mutex<HashSet<String>>,
    /// Held while a session is looked up in a store: two requests must not open it at once.
    resuming: AsyncMutex<()>,
}

impl Sessions {
    pub(crate) fn new(limit: usize, lifetime: Duration) -> Self {
        Self {
            limit,
            lifetime,
            names: Names::default(),
            open: Mutex::default(),
            swept: Mutex::default(),
            resuming: AsyncMutex::default(),
        }
    }

    /// Opens an upload to a repository, and removes ended and expired ones.
    pub(super) async fn open(&self, repository: &str, store: &dyn Store) -> Result<Arc<Session>> {
        let stager = stager(store)?;
        let failed = |error| Failure::of_store(error, Code::NameUnknown);
        self.expire().await;
        self.check_room()?;
        let id = self.names.next();
        let mut opts = StageOptions::default();
        if stager.keeps() {
            self.sweep(repository, stager).await;
            opts = opts.with_key(key(&id)?);
        }
        let staged = stager.stage(opts).await.map_err(failed)?;
        self.enter(id, repository, staged).await
    }

    /// Returns an open upload to this repository; an expired one is ended.
    pub(super) async fn find(&self, repository: &str, id: &str) -> Result<Option<Arc<Session>>> {
        let Some(found) = self.lock().get(id).cloned() else {
            return Ok(None);
        };
        if found.repository() != repository {
            return Err(unknown());
        }
        if found.is_over() {
            self.remove(&found).await;
            return Ok(None);
        }
        if found.is_expired(self.lifetime) {
            self.remove(&found).await;
            return Err(unknown());
        }
        found.touch();
        Ok(Some(found))
    }

    /// Resumes an upload to this repository that an earlier server left in its store.
    pub(super) async fn resume(&self, repository: &str, id: &str, store: &dyn Store) -> Result<Arc<Session>> {
        let _alone = self.resuming.lock().await;
        if let Some(found) = self.find(repository, id).await? {
            return Ok(found);
        }
        let stager = store
            .stager()
            .filter(|stager| stager.keeps())
            .ok_or_else(unknown)?;
        let failed = |error| Failure::of_store(error, Code::BlobUploadUnknown);
        self.check_room()?;
        let opts = StageOptions::default().with_key(key(id)?);
        let staged = match stager.stage(opts.with_resume(self.lifetime)).await {
            Err(error) if error.is_not_found() => return Err(unknown()),
            resumed => resumed.map_err(failed)?,
        };
        self.enter(id.to_owned(), repository, staged).await
    }

    /// Ends an upload. The received bytes are discarded unless they were committed.
    pub(super) async fn remove(&self, session: &Arc<Session>) {
        self.lock().remove(session.id());
        session.discard().await;
    }

    /// Ends an upload as if it had never existed.
    pub(crate) fn forget(&self, id: &str) {
        if let Some(session) = self.lock().remove(id) {
            tokio::spawn(async move { session.discard().await });
        }
    }

    async fn enter(&self, id: String, repository: &str, staged: Box<dyn Staged>) -> Result<Arc<Session>> {
        let session = Arc::new(Session::new(id.clone(), repository.to_owned(), staged));
        let is_full = {
            let mut open = self.lock();
            let is_full = open.len() >= self.limit;
            if !is_full {
                open.insert(id, Arc::clone(&session));
            }
            is_full
        };
        if is_full {
            session.discard().await;
            return Err(too_many());
        }
        Ok(session)
    }

    fn check_room(&self) -> Result<()> {
        match self.lock().len() < self.limit {
            true => Ok(()),
            false => Err(too_many()),
        }
    }

    async fn expire(&self) {
        let expired: Vec<_> = {
            let mut open = self.lock();
            let expired =
                open.extract_if(|_, session| session.is_over() || session.is_expired(self.lifetime));
            expired.map(|(_, session)| session).collect()
        };
        for session in expired {
            session.discard().await;
        }
    }

    /// Removes, once, the expired uploads of earlier servers from a store.
    async fn sweep(&self, repository: &str, stager: &dyn Stager) {
        let is_first = {
            let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
            swept.insert(repository.to_owned())
        };
        if !is_first {
            return;
        }
        if let Err(error) = stager.expire(self.lifetime).await {
            tracing::warn!(%error, repository, "old uploads cannot be removed");
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the key of a session in a store.
fn key(id: &str) -> Result<StageKey> {
    StageKey::id(id).map_err(|_| unknown())
}

/// Returns the stager of a store.
pub(super) fn stager(store: &dyn Store) -> Result<&dyn Stager> {
    let stager = store.stager();
    stager.ok_or_else(|| Failure::new(Code::Unsupported, "this repository takes no uploads"))
}

fn too_many() -> Failure {
    Failure::new(Code::TooManyRequests, "too many uploads are open")
}
