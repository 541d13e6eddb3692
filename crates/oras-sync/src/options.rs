//! How to keep places the same.

use std::fmt;
use std::sync::Arc;

use oras_copy::{Event, Events};

use crate::State;

/// How to keep places the same.
#[derive(Clone)]
#[non_exhaustive]
pub struct SyncOptions {
    /// How many blobs all jobs together transfer at once, counted as by `oras_copy::Slots`. Default: 16; at least 1.
    pub concurrency: usize,
    /// How many jobs are under way at once. Default: 8; at least 1.
    pub jobs: usize,
    /// Whether only what would be done is found out. Default: no.
    pub dry_run: bool,
    /// What was seen the last time; it is kept up to date. Default: none.
    pub state: Option<Arc<State>>,
    /// Whether the destination is not asked for a tag that stands for what it did the last time at the source. Somebody who
    /// changed or removed it there since is not noticed. It does not apply to jobs with referrers. Default: no.
    pub trust_state: bool,
    /// Who hears of all copies, as of one. Default: nobody.
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
    /// Transfers this many blobs at once.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Has this many jobs under way at once.
    #[must_use]
    pub fn with_jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs;
        self
    }

    /// Writes nothing, or does.
    #[must_use]
    pub fn with_dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Keeps this state up to date.
    #[must_use]
    pub fn with_state(mut self, state: Arc<State>) -> Self {
        self.state = Some(state);
        self
    }

    /// Trusts the state, or not.
    #[must_use]
    pub fn with_trust_state(mut self, trust_state: bool) -> Self {
        self.trust_state = trust_state;
        self
    }

    /// Tells this of all copies as they go.
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
