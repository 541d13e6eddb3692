//! Running a plan: its jobs run concurrently, and a failed job does not stop the others.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use oras_copy::{METADATA_CONCURRENCY, Side, Slots};

use crate::blobs::Blobs;
use crate::claimed::ClaimedTags;
use crate::once::PushTurns;
use crate::overlap::{Address, Overlaps};
use crate::pair::Pair;
use crate::sharing::Whole;
use crate::turns::{Turn, Turns};
use crate::{Job, JobReport, Place, Places, Report, SyncError, SyncOptions};

/// Jobs that run together.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SyncPlan {
    /// The jobs, in the order in which they are reported.
    pub jobs: Vec<Job>,
}

impl SyncPlan {
    /// Creates a plan of these jobs.
    pub fn new(jobs: impl IntoIterator<Item = Job>) -> Self {
        Self {
            jobs: jobs.into_iter().collect(),
        }
    }
}

/// The data that all jobs share.
pub(crate) struct Run<'a> {
    pub(crate) places: &'a dyn Places,
    pub(crate) options: &'a SyncOptions,
    pub(crate) slots: Slots,
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) whole: Arc<Whole>,
    pub(crate) claimed: ClaimedTags,
    pub(crate) push_turns: PushTurns,
    overlaps: Overlaps,
    turns: Turns,
    /// The time when the sync started.
    pub(crate) now: Timestamp,
}

/// Syncs the destinations of a plan with its sources.
///
/// A tag with the same digest at both sides costs one request at each. Failures are in the report and do not stop other
/// tags. An interrupted plan can be run again, and transfers only what is missing. Nothing is spawned: dropping the future
/// ends all work.
///
/// # Example
///
/// See the [crate's page](crate).
pub async fn sync(plan: &SyncPlan, places: &dyn Places, options: &SyncOptions) -> Report {
    let jobs = options.jobs.max(1);
    let run = Run {
        places,
        options,
        slots: Slots::new(options.concurrency, METADATA_CONCURRENCY),
        blobs: Arc::default(),
        whole: Arc::new(Whole {
            events: Arc::clone(&options.events),
            sum: std::sync::Mutex::default(),
        }),
        claimed: ClaimedTags::default(),
        push_turns: PushTurns::default(),
        overlaps: Overlaps::of(&plan.jobs),
        turns: Turns::default(),
        now: Timestamp::now(),
    };
    let run = &run;
    let units = stream::iter(&plan.jobs)
        .enumerate()
        .then(|(number, job)| run.units(number, job))
        .flat_map(stream::iter);
    let done = units.map(|unit| Box::pin(run.one(unit))).buffered(jobs);
    Report {
        jobs: done.collect().await,
    }
}

/// One source and one destination.
enum Unit<'a> {
    Pair {
        job: &'a Job,
        from: Place,
        to: Place,
        /// The destination, if another job writes to it, too.
        shared: Option<Address>,
        turn: Turn,
    },
    /// A job that is known to fail before it starts.
    Failed(Box<JobReport>),
}

impl Run<'_> {
    /// Returns the pairs of a job: one, or one per repository of a registry.
    async fn units<'a>(&self, number: usize, job: &'a Job) -> Vec<Unit<'a>> {
        let failed = |error| {
            vec![Unit::Failed(Box::new(JobReport::failed(
                &job.from, &job.to, error,
            )))]
        };
        let is_shared = self.overlaps.is_written_by_others(number);
        if job.delete && is_shared {
            let place = job.to.to_string();
            return failed(SyncError::SharedDestination { place });
        }
        if job.delete && self.overlaps.is_filled_by_others(number) {
            let place = job.from.to_string();
            return failed(SyncError::ChangingSource { place });
        }
        let (from, to) = match (&job.from, &job.to) {
            (Place::Registry(from), Place::Registry(to)) => (from, to),
            (Place::Registry(_), _) | (_, Place::Registry(_)) => {
                return failed(SyncError::Mismatch {
                    from: job.from.to_string(),
                    to: job.to.to_string(),
                });
            }
            (from, to) => {
                let pairs = vec![(from.clone(), to.clone())];
                return self.pairs(job, is_shared, pairs);
            }
        };
        let listed = match self.places.repositories(from).await {
            Ok(listed) => listed,
            Err(error) => return failed(SyncError::list(Side::Source, from, error)),
        };
        let wanted = listed.into_iter().filter(|name| job.repositories.fits(name));
        let below = |place: &str, name: &str| Place::Repository(format!("{place}/{name}"));
        let pairs = wanted.map(|name| (below(from, &name), below(to, &name)));
        self.pairs(job, is_shared, pairs.collect())
    }

    /// Returns the units of a job's pairs. A pair that would delete tags the job reads is refused.
    fn pairs<'a>(&self, job: &'a Job, is_shared: bool, pairs: Vec<(Place, Place)>) -> Vec<Unit<'a>> {
        let pairs = pairs.into_iter().map(|(from, to)| (Address::of(&from), from, to));
        let pairs: Vec<(Address, Place, Place)> = pairs.collect();
        let read: HashSet<&Address> = pairs.iter().map(|(from, _, _)| from).collect();
        let written: HashSet<Address> = pairs.iter().map(|(_, _, to)| Address::of(to)).collect();
        // Excludes this job's own output of the last run, which each run would copy again, one level deeper.
        let is_copy =
            |from: &Address, to: &Place| !job.delete && written.contains(from) && Address::of(to) != *from;
        let unit = |(_, from, to): &(Address, Place, Place)| {
            let address = Address::of(to);
            if job.delete && read.contains(&address) {
                let place = to.to_string();
                let error = SyncError::OwnSource { place };
                return Unit::Failed(Box::new(JobReport::failed(from, to, error)));
            }
            Unit::Pair {
                job,
                from: from.clone(),
                to: to.clone(),
                turn: self.turns.take(&address),
                shared: is_shared.then_some(address),
            }
        };
        let wanted = pairs.iter().filter(|(address, _, to)| !is_copy(address, to));
        wanted.map(unit).collect()
    }

    async fn one(&self, unit: Unit<'_>) -> JobReport {
        let (job, from, to, shared, turn) = match unit {
            Unit::Pair {
                job,
                from,
                to,
                shared,
                turn,
            } => (job, from, to, shared, turn),
            Unit::Failed(report) => return *report,
        };
        let _turn = turn.comes().await;
        match Pair::open(self, job, &from, &to, shared).await {
            Ok(pair) => pair.run().await,
            Err(error) => JobReport::failed(&from, &to, error),
        }
    }
}
