//! `Flights`: work that several tasks wait for and that is done once.

use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

/// Work under way whose result is a `T`.
pub(crate) type Flight<T> = Shared<BoxFuture<'static, T>>;

/// Work under way, each with the key that says what it is.
///
/// Nothing runs on its own: whoever waits drives the work on, and it ends with the last one who does. So a task that
/// is cancelled neither keeps others waiting nor leaves anything running.
pub(crate) struct Flights<K, T>(Mutex<Vec<(K, WeakShared<BoxFuture<'static, T>>)>>);

impl<K: Clone, T: Clone> Flights<K, T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::default())
    }

    /// Joins work under way that `fits`, or starts some; gives the key of the work joined.
    pub(crate) fn join(
        &self,
        key: K,
        fits: impl Fn(&K) -> bool,
        start: impl FnOnce() -> BoxFuture<'static, T>,
    ) -> (K, Flight<T>) {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut joined = None;
        under_way.retain(|(key, flight)| {
            let flight = flight.upgrade().filter(|flight| flight.peek().is_none());
            let lives = flight.is_some();
            if joined.is_none() && fits(key) {
                joined = flight.map(|flight| (key.clone(), flight));
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
        (key, flight)
    }
}
