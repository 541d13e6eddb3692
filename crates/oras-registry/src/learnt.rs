//! What was learnt of how a registry behaves, once for all handles of a client.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use oras_transport::Origin;
use tokio::time::Instant;

use crate::warning::Reported;

/// How long a mirror that was unavailable is passed over.
const REST: Duration = Duration::from_secs(30);

/// The registries that a client has to do with.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<HashMap<Origin, Arc<Learnt>>>);

impl Known {
    pub(crate) fn of(&self, origin: &Origin) -> Arc<Learnt> {
        // Every change is a single insertion.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(origin.clone()).or_default())
    }
}

/// What was learnt of a registry. Only what holds for all of its repositories, whoever asks.
#[derive(Debug, Default)]
pub(crate) struct Learnt {
    /// It does not tell by a mount from the same repository whether it has a blob.
    pub(crate) refuses_probe: AtomicBool,
    /// A session that a mount from the same repository opened did its work once.
    pub(crate) probe_works: AtomicBool,
    /// It does not take a blob in the request that ends its upload.
    pub(crate) refuses_put: AtomicBool,
    /// It does not end an upload by a request without bytes.
    pub(crate) refuses_empty_end: AtomicBool,
    /// The largest body that it, or a proxy before it, is known to take of a blob; 0 where none was too large yet.
    pub(crate) max_body: AtomicU64,
    /// It tells the truth about manifests by `HEAD`, as far as is known.
    pub(crate) answers_head: AtomicBool,
    /// It does not answer `HEAD` for manifests.
    pub(crate) refuses_head: AtomicBool,
    /// It gave several tags in one request.
    pub(crate) takes_tags: AtomicBool,
    /// It did not give tags in the request that pushes by digest.
    pub(crate) refuses_tags: AtomicBool,
    /// How it keeps referrers.
    pub(crate) referrers: AtomicU8,
    /// The warnings that were reported already.
    pub(crate) reported: Arc<Reported>,
    rests_until: Mutex<Option<Instant>>,
}

impl Learnt {
    /// It was unavailable, and others can be asked instead for a while.
    pub(crate) fn pass_over(&self) {
        let until = Instant::now() + REST;
        *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }

    pub(crate) fn is_passed_over(&self) -> bool {
        let until = *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }
}
