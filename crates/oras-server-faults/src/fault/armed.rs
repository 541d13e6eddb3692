//! Armed faults: those that have not yet acted for the last time.

use std::sync::{Arc, Mutex, PoisonError};

use hyper::Version;
use hyper::http::request::Parts;
use oras_server::{Query, RequestPath};

use super::effect::Effect;
use super::script::Headers;
use super::{Fault, Script};

/// The faults of a registry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    armed: Arc<Mutex<Vec<Fault>>>,
}

/// The fault that acts on one request.
#[derive(Debug)]
pub(crate) struct Strike {
    pub(super) effect: Effect,
    pub(super) headers: Headers,
    pub(super) head: Parts,
}

impl Strike {
    /// Whether the connection handles one request at a time, so that the bytes of each can be told apart.
    pub(super) fn is_http1(&self) -> bool {
        self.head.version < Version::HTTP_2
    }
}

impl Faults {
    pub(crate) fn new(script: Script) -> Self {
        Self {
            armed: Arc::new(Mutex::new(script.faults)),
        }
    }

    pub(crate) fn add(&self, fault: Fault) {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed.push(fault);
    }

    /// Selects the fault for a request that has just arrived.
    pub(crate) fn strike(&self, head: &Parts, path: &RequestPath, is_storage: bool) -> Option<Strike> {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let struck = armed
            .iter_mut()
            .filter(|fault| fault.storage == is_storage && fault.fits(head, path))
            .find_map(|fault| {
                fault
                    .strikes()
                    .then(|| (fault.effect.clone(), fault.headers.clone()))
            });
        armed.retain(|fault| fault.times.0 > 0);
        let (effect, headers) = struck?;
        Some(Strike {
            effect,
            headers,
            head: head.clone(),
        })
    }
}

impl Fault {
    fn fits(&self, head: &Parts, path: &RequestPath) -> bool {
        self.method.as_ref().is_none_or(|method| *method == head.method)
            && self.route.is_none_or(|route| route == path.route())
            && (self.repository.is_none() || self.repository.as_deref() == path.repository())
            && self
                .digest
                .as_deref()
                .is_none_or(|digest| names(head, path, digest))
    }

    /// Counts a matching request, and returns whether the fault acts on it.
    fn strikes(&mut self) -> bool {
        if self.times.0 == 0 {
            return false;
        }
        if self.nth > 1 {
            self.nth -= 1;
            return false;
        }
        // A fault without end is not counted down.
        if self.times.0 != u64::MAX {
            self.times.0 = self.times.0.saturating_sub(1);
        }
        true
    }
}

/// Whether a request names this digest.
fn names(head: &Parts, path: &RequestPath, digest: &str) -> bool {
    let named = path.digest().is_some_and(|found| found.as_str() == digest);
    let query = Query::of(&head.uri);
    named
        || ["digest", "mount"]
            .iter()
            .any(|name| query.all(name).any(|found| found == digest))
}
