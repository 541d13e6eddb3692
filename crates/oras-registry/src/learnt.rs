//! What was learnt of the behaviour of a registry, once for all handles of a client.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use oras_transport::Origin;
use tokio::time::Instant;

use crate::warning::Reported;

/// How long a mirror is skipped after it was unavailable.
const REST: Duration = Duration::from_secs(30);

/// What was learnt of each origin.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<HashMap<Origin, Arc<Learnt>>>);

impl Known {
    pub(crate) fn of(&self, origin: &Origin) -> Arc<Learnt> {
        // Every change is a single insertion.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(origin.clone()).or_default())
    }
}

/// What was learnt of a registry. Only facts that hold for all its repositories and users.
#[derive(Debug, Default)]
pub(crate) struct Learnt {
    /// A mount from the same repository does not tell whether the registry has a blob.
    pub(crate) refuses_probe: AtomicBool,
    /// An upload session opened by a mount from the same repository worked at least once.
    pub(crate) probe_works: AtomicBool,
    /// The registry does not accept a blob in the request that closes its upload.
    pub(crate) refuses_put: AtomicBool,
    /// The registry does not accept an empty request to close an upload.
    pub(crate) refuses_empty_end: AtomicBool,
    /// The largest request body that the registry, or a proxy before it, is known to accept for a blob. 0 if none was
    /// refused yet.
    pub(crate) max_body: AtomicU64,
    /// `HEAD` has returned a manifest, or agreed with `GET` that one is missing.
    pub(crate) answers_head: AtomicBool,
    /// The registry does not answer `HEAD` for manifests.
    pub(crate) refuses_head: AtomicBool,
    /// The registry set several tags in one request.
    pub(crate) takes_tags: AtomicBool,
    /// The registry did not set tags in a push by digest.
    pub(crate) refuses_tags: AtomicBool,
    /// How the registry keeps referrers.
    pub(crate) referrers: AtomicU8,
    /// The warnings that were already reported.
    pub(crate) reported: Arc<Reported>,
    rests_until: Mutex<Option<Instant>>,
}

impl Learnt {
    /// Skips this mirror for a while, because it was unavailable.
    pub(crate) fn pass_over(&self) {
        let until = Instant::now() + REST;
        *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }

    pub(crate) fn is_passed_over(&self) -> bool {
        let until = *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }
}
