//! `SingleFlight`: work that several tasks wait for and that is done once.

use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

/// Work under way whose result is a `T`.
pub(crate) type Flight<T> = Shared<BoxFuture<'static, T>>;

/// Work under way that a task waits for.
pub(crate) struct Joined<K, T> {
    /// What the work is, which may be more than was asked for.
    pub(crate) key: K,
    pub(crate) flight: Flight<T>,
    /// Whether this task started it.
    pub(crate) is_new: bool,
}

/// Work under way, each with the key that says what it is.
///
/// Nothing runs on its own: whoever waits drives the work on, and it ends with the last one who does. So a task that
/// is cancelled neither keeps others waiting nor leaves anything running.
pub(crate) struct SingleFlight<K, T>(Mutex<Vec<(K, WeakShared<BoxFuture<'static, T>>)>>);

impl<K: Clone, T: Clone> SingleFlight<K, T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::default())
    }

    /// Joins work under way that `fits`, or starts some.
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
