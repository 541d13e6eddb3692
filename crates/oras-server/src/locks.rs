//! Locks for concurrent changes of a repository.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::error::{Failure, Result};

/// Number of locks that are kept before unused ones are removed.
const KEPT: usize = 1024;

/// A lock for each repository.
///
/// Pushes of manifests share the lock. A push with a precondition, and a deletion, takes it exclusively, so that its check
/// still holds when it makes the change. Other processes on the same store are not excluded.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    locks: Mutex<HashMap<String, Arc<RwLock<()>>>>,
}

/// Permission to change a repository, until it is dropped.
#[derive(Debug)]
pub(crate) enum Guard {
    /// Others may make other changes.
    Shared { _guard: OwnedRwLockReadGuard<()> },
    /// Nobody else may make changes.
    Alone { _guard: OwnedRwLockWriteGuard<()> },
}

impl Locks {
    pub(crate) async fn share(&self, repository: &str) -> Guard {
        Guard::Shared {
            _guard: self.of(repository).read_owned().await,
        }
    }

    pub(crate) async fn take(&self, repository: &str) -> Guard {
        Guard::Alone {
            _guard: self.of(repository).write_owned().await,
        }
    }

    fn of(&self, repository: &str) -> Arc<RwLock<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if locks.len() >= KEPT {
            // Whoever holds or awaits a lock has a reference to it.
            locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        }
        Arc::clone(locks.entry(repository.to_owned()).or_default())
    }
}

impl Guard {
    /// Completes a change even if the request is dropped meanwhile, before the lock is released.
    pub(crate) async fn during<T: Send + 'static>(
        self,
        change: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let task = tokio::spawn(async move {
            let changed = change.await;
            drop(self);
            changed
        });
        task.await.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(stopped) => Err(Failure::internal(&stopped)),
        })
    }
}
