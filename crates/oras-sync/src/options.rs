//! Options for [`sync`](crate::sync).

use std::fmt;
use std::sync::Arc;

use oras_copy::{Event, Events};

use crate::State;

/// Options for [`sync`](crate::sync).
#[derive(Clone)]
#[non_exhaustive]
pub struct SyncOptions {
    /// Maximum number of concurrent blob transfers of all jobs together, counted as by `oras_copy::Slots`. Default: 16; at
    /// least 1.
    pub concurrency: usize,
    /// Maximum number of concurrent jobs. Default: 8; at least 1.
    pub jobs: usize,
    /// Whether to determine only what would be done. Default: no.
    pub dry_run: bool,
    /// The state of the last run; it is updated. Default: none.
    pub state: Option<Arc<State>>,
    /// Whether to skip the request to the destination for a tag that still resolves to the same digest at the source as in
    /// the last run. Changes at the destination then go unnoticed. It does not apply to jobs with referrers. Default: no.
    pub trust_state: bool,
    /// Receives the events of all copies, as if they were one. Default: nothing is reported.
    pub events: Arc<dyn Events>,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            concurrency: 16,
            jobs: 8,
            dry_run: false,
            state: None,
            trust_state: false,
            events: Arc::new(|_: Event<'_>| {}),
        }
    }
}

impl SyncOptions {
    /// Sets the number of concurrent blob transfers.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Sets the number of concurrent jobs.
    #[must_use]
    pub fn with_jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs;
        self
    }

    /// Sets whether nothing is written.
    #[must_use]
    pub fn with_dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Sets the state to use and update.
    #[must_use]
    pub fn with_state(mut self, state: Arc<State>) -> Self {
        self.state = Some(state);
        self
    }

    /// Sets whether the state is trusted.
    #[must_use]
    pub fn with_trust_state(mut self, trust_state: bool) -> Self {
        self.trust_state = trust_state;
        self
    }

    /// Sets the receiver of events.
    #[must_use]
    pub fn with_events(mut self, events: Arc<dyn Events>) -> Self {
        self.events = events;
        self
    }
}

impl fmt::Debug for SyncOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncOptions")
            .field("concurrency", &self.concurrency)
            .field("jobs", &self.jobs)
            .field("dry_run", &self.dry_run)
            .field("trust_state", &self.trust_state)
            .finish_non_exhaustive()
    }
}
