//! `SingleFlight`: runs work once for all tasks that wait for it.

use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

/// Running work whose result is a `T`.
pub(crate) type Flight<T> = Shared<BoxFuture<'static, T>>;

/// Running work that a task waits for.
pub(crate) struct Joined<K, T> {
    /// The key of the work, which may be more than was requested.
    pub(crate) key: K,
    pub(crate) flight: Flight<T>,
    /// Whether this task started it.
    pub(crate) is_new: bool,
}

/// Running work, by key.
///
/// No task is spawned: the waiting tasks drive the work, and it ends with the last of them. So a task that is cancelled
/// neither blocks others nor leaves anything running.
pub(crate) struct SingleFlight<K, T>(Mutex<Vec<(K, WeakShared<BoxFuture<'static, T>>)>>);

impl<K: Clone, T: Clone> SingleFlight<K, T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::default())
    }

    /// Joins running work whose key `fits`, or starts it.
    pub(crate) fn join(
        &self,
        key: K,
        fits: impl Fn(&K) -> bool,
        start: impl FnOnce() -> BoxFuture<'static, T>,
    ) -> Joined<K, T> {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut joined = None;
        under_way.retain(|(key, flight)| {
            let flight = flight.upgrade().filter(|flight| flight.peek().is_none());
            let lives = flight.is_some();
            if joined.is_none() && fits(key) {
                joined = flight.map(|flight| Joined {
                    key: key.clone(),
                    flight,
                    is_new: false,
                });
            }
            lives
        });
        if let Some(joined) = joined {
            return joined;
        }
        let flight = start().shared();
        if let Some(weak) = flight.downgrade() {
            under_way.push((key.clone(), weak));
        }
        Joined {
            key,
            flight,
            is_new: true,
        }
    }
}
