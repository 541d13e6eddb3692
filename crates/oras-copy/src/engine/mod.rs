//! The engine: one loop that walks the graph, keeps both lanes busy, and pushes each node once its children are done.
//!
//! Spec: distribution-spec v1.1, "Pushing Manifests": a registry may reject a manifest that refers to content it does
//! not have.

mod compact;
mod graph;
mod heal;
mod job;
mod lane;
mod node;
mod nodes;
mod parents;
mod presence;
mod root;
mod root_failures;
mod tally;
mod transfer;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, FuturesUnordered};
use oras_content::{Descriptor, Digest, OpenUpload, Verified};
use tokio::time::timeout_at;

pub(crate) use self::job::Job;
use self::lane::Lane;
use self::node::Id;
use self::nodes::Nodes;
use self::presence::Presence;
pub(crate) use self::root::{Root, resolve_root};
use self::root_failures::RootFailures;
use self::tally::Tally;
use crate::discovery::Discovery;
use crate::width::Width;
use crate::{CopyError, Event, METADATA_CONCURRENCY, Operation, Outcome};

/// Number of waiting steps above which no more manifests are read: their blobs would only wait, and the manifests take
/// memory until all of their blobs are copied.
const MAX_WAITING: usize = 1024;

/// The next step for a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Check whether the destination has the manifest; if not, read it.
    Inspect,
    /// Push a manifest whose children are done.
    PushManifest,
    /// Ask the destination to mount a blob. No bytes are transferred.
    Mount,
    /// Push a blob. `is_approved` if the selection has already chosen it, before an attempt to mount it.
    PushBlob { is_approved: bool },
}

/// The result of a step.
enum Done {
    Read(Box<Read>),
    NotMounted(Option<OpenUpload>),
    Finished(Outcome),
    /// Earlier writes could not be made visible.
    NotFlushed(CopyError),
    Failed(CopyError),
}

/// A manifest that was read, and its children to copy.
struct Read {
    content: Verified,
    subject: Option<Digest>,
    children: Vec<Descriptor>,
    presence: Presence,
}

/// The result of a future in `running`.
enum Report<'a> {
    Step { id: Id, step: Step, done: Done },
    Found(Box<Found<'a>>),
}

/// Another root, or the end of the discovery.
struct Found<'a> {
    discovery: Discovery<'a>,
    root: Result<Option<Root>, CopyError>,
}

pub(crate) struct Engine<'a> {
    job: &'a Job<'a>,
    nodes: Nodes,
    /// Uploads that the registry opened when it refused a mount.
    uploads: HashMap<Id, OpenUpload>,
    metadata: Lane,
    blobs: Lane,
    /// Manifests to inspect, in the order in which they were found.
    uninspected: VecDeque<Id>,
    running: FuturesUnordered<BoxFuture<'a, Report<'a>>>,
    /// Bytes of manifests kept until they are pushed.
    held: u64,
    tally: Tally,
    /// The first error of a copy that keeps going.
    failed: Option<CopyError>,
    /// Separate failures, if each root has its own result.
    root_failures: Option<RootFailures>,
}

impl<'a> Engine<'a> {
    pub(crate) fn new(job: &'a Job<'a>) -> Self {
        let blobs = job.options.concurrency;
        let wider = |width| job.is_remote().then_some(width);
        Self {
            job,
            nodes: Nodes::default(),
            uploads: HashMap::new(),
            metadata: Lane::new(
                Width::new(METADATA_CONCURRENCY),
                wider(Width::new(2 * METADATA_CONCURRENCY)),
            ),
            blobs: Lane::new(Width::new(blobs), wider(Width::of_blobs(blobs))),
            uninspected: VecDeque::new(),
            running: FuturesUnordered::new(),
            held: 0,
            tally: Tally::new(job.is_plan),
            failed: None,
            root_failures: None,
        }
    }

    /// Copies the graphs of `roots`. Plans also return the outcome of each node.
    pub(crate) async fn run(mut self, roots: Vec<Root>) -> Result<Vec<(Descriptor, Outcome)>, CopyError> {
        for root in roots {
            self.add_root(root);
        }
        self.drive().await?;
        if let Some(error) = self.failed {
            return Err(error);
        }
        match self.nodes.iter().find(|node| !node.is_done()) {
            None => Ok(self.tally.finished),
            Some(stuck) => Err(stuck.cycle()),
        }
    }

    /// Copies the graphs that `discovery` finds, while it continues to search.
    pub(crate) async fn run_discovered(mut self, discovery: Discovery<'a>) -> Result<(), CopyError> {
        self.continue_discovery(discovery);
        self.run(Vec::new()).await.map(drop)
    }

    fn continue_discovery(&mut self, mut discovery: Discovery<'a>) {
        let held = self.held;
        self.running.push(Box::pin(async move {
            let root = discovery.next(held).await;
            Report::Found(Box::new(Found { discovery, root }))
        }));
    }

    /// Runs until nothing is left to do.
    async fn drive(&mut self) -> Result<(), CopyError> {
        loop {
            let Some(report) = self.next_report().await else {
                match self.flush_or_heal().await {
                    Ok(true) => return Ok(()),
                    Ok(false) => continue,
                    Err(error) => return Err(error),
                }
            };
            if let Err(error) = self.settle(report) {
                self.abandon_uploads().await;
                return Err(error);
            }
        }
    }

    /// Starts steps and waits for the next report. A lane in which steps wait for too long becomes wider.
    async fn next_report(&mut self) -> Option<Report<'a>> {
        loop {
            self.start();
            let limits = [self.metadata.impatient_at(), self.blobs.impatient_at()];
            let Some(limit) = limits.into_iter().flatten().min() else {
                return self.running.next().await;
            };
            if let Ok(report) = timeout_at(limit, self.running.next()).await {
                return report;
            }
            self.metadata.widen(limit);
            self.blobs.widen(limit);
        }
    }

    /// Flushes all writes when nothing is left to do. Returns `false` if healing has added more steps.
    async fn flush_or_heal(&mut self) -> Result<bool, CopyError> {
        self.abandon_uploads().await;
        let Err(error) = self.job.flush().await else {
            return Ok(true);
        };
        let error = CopyError::destination(Operation::Push)(error);
        match self.heal_flush(None, error) {
            Ok(()) => Ok(false),
            // If each root has its own result, a failed flush concerns all of them.
            Err(error)
                if self.root_failures.is_none() && self.job.options.keep_going && error.is_of_one_node() =>
            {
                self.failed.get_or_insert(error);
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    /// Ends uploads that refused mounts opened and that were not used.
    async fn abandon_uploads(&mut self) {
        let destination = self.job.destination();
        stream::iter(self.uploads.drain().map(|(_, upload)| upload))
            .for_each_concurrent(METADATA_CONCURRENCY, |upload| destination.abandon(upload))
            .await;
    }

    fn add(&mut self, id: Id, step: Step) {
        match step {
            Step::Inspect => self.uninspected.push_back(id),
            _ => self.hand_over(id, step),
        }
    }

    fn hand_over(&mut self, id: Id, step: Step) {
        let size = self.nodes[id].target.size();
        self.lane(step).queue(id, step, size);
    }

    fn lane(&mut self, step: Step) -> &mut Lane {
        match step {
            Step::PushBlob { .. } => &mut self.blobs,
            Step::Inspect | Step::Mount | Step::PushManifest => &mut self.metadata,
        }
    }

    /// Hands manifests over to their lane, unless too much is waiting.
    fn hand_over_manifests(&mut self) {
        while self.metadata.waiting() + self.blobs.waiting() < MAX_WAITING
            && let Some(id) = self.uninspected.pop_front()
        {
            self.hand_over(id, Step::Inspect);
        }
    }

    /// Starts as many steps as the lanes allow.
    fn start(&mut self) {
        self.hand_over_manifests();
        while let Some((id, step)) = self.metadata.next().or_else(|| self.blobs.next()) {
            let task = self.nodes[id].task(self.uploads.remove(&id));
            let job = self.job;
            self.running.push(Box::pin(async move {
                let _slot = match (&job.options.slots, step) {
                    (Some(slots), Step::PushBlob { .. }) => Some(slots.take_blob(task.descriptor.size).await),
                    (Some(slots), _) => Some(slots.take_metadata().await),
                    (None, _) => None,
                };
                let done = match step {
                    Step::Inspect => job.inspect(task).await,
                    Step::PushManifest => job.push_manifest(task).await,
                    Step::Mount => job.mount_blob(task).await,
                    Step::PushBlob { is_approved } => job.push_blob(task, is_approved).await,
                };
                let done = done.unwrap_or_else(Done::Failed);
                Report::Step { id, step, done }
            }));
        }
    }

    fn settle(&mut self, report: Report<'a>) -> Result<(), CopyError> {
        match report {
            Report::Step { id, step, done } => {
                let size = self.nodes[id].target.size();
                self.lane(step).finished(step, size);
                self.settle_step(id, step, done)
            }
            Report::Found(found) => {
                if let Some(root) = found.root? {
                    self.add_root(root);
                    self.continue_discovery(found.discovery);
                }
                Ok(())
            }
        }
    }

    fn settle_step(&mut self, id: Id, step: Step, done: Done) -> Result<(), CopyError> {
        match done {
            Done::Read(read) => self.expand(id, *read),
            Done::NotMounted(upload) => {
                self.uploads.extend(upload.map(|upload| (id, upload)));
                self.add(id, Step::PushBlob { is_approved: true });
            }
            Done::Finished(outcome) => self.finish(id, outcome),
            Done::NotFlushed(error) => {
                let healed = self.heal_flush(Some(id), error);
                return healed.or_else(|error| self.leave_out(id, error));
            }
            Done::Failed(error) => {
                let healed = self.heal(id, step, error);
                return healed.or_else(|error| self.leave_out(id, error));
            }
        }
        Ok(())
    }

    /// Leaves out a node and everything that refers to it, if the copy can continue.
    fn leave_out(&mut self, id: Id, error: CopyError) -> Result<(), CopyError> {
        let goes_on = match &mut self.root_failures {
            Some(each) => each.should_continue(&error),
            None => self.job.options.keep_going && error.is_of_one_node(),
        };
        if !goes_on {
            return Err(error);
        }
        let node = &self.nodes[id];
        let parents = node.parents.as_slice().iter();
        let parents: Vec<_> = parents
            .map(|parent| self.nodes[*parent].target.descriptor())
            .collect();
        let named_by: Vec<&Descriptor> = parents.iter().map(Arc::as_ref).collect();
        self.job.tell(Event::Failed {
            node: &node.target.descriptor(),
            named_by: &named_by,
            error: &error,
        });
        match &mut self.root_failures {
            Some(each) => each.failed(id, self.job.with_places(error)),
            None => drop(self.failed.get_or_insert(error)),
        }
        Ok(())
    }
}
