//! The engine: one loop that walks a graph, keeps both lanes busy, and pushes a node when its children are there.

mod job;
mod lane;
mod node;
mod progress;

use std::collections::HashMap;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use oras_content::{Descriptor, Error, Manifest, Verified};

pub(crate) use self::job::Job;
use self::lane::Lane;
use self::node::{Key, Node, State};
use crate::{CopyError, METADATA_CONCURRENCY, Operation, Outcome};

/// A graph to copy.
pub(crate) struct Root {
    pub(crate) descriptor: Descriptor,
    /// The root's content, where it was read already.
    pub(crate) content: Option<Verified>,
    /// The name to give it at the destination.
    pub(crate) tag: Option<String>,
}

impl From<Descriptor> for Root {
    fn from(descriptor: Descriptor) -> Self {
        Self {
            descriptor,
            content: None,
            tag: None,
        }
    }
}

/// What to do with a node next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Find out whether the destination has the manifest; else read it.
    Inspect,
    /// Push a manifest whose children are there.
    PushManifest,
    /// Push or mount a blob.
    Blob,
}

/// What came of a step.
enum Done {
    Read(Box<Manifest>),
    Finished(Outcome),
    Failed(CopyError),
}

struct Report {
    key: Key,
    step: Step,
    done: Done,
}

pub(crate) struct Engine<'a> {
    job: &'a Job<'a>,
    nodes: HashMap<Key, Node>,
    metadata: Lane,
    blobs: Lane,
    running: FuturesUnordered<BoxFuture<'a, Report>>,
    /// Bytes of manifests that are kept until they are pushed.
    held: u64,
}

impl<'a> Engine<'a> {
    pub(crate) fn new(job: &'a Job<'a>) -> Self {
        Self {
            job,
            nodes: HashMap::new(),
            metadata: Lane::new(METADATA_CONCURRENCY),
            blobs: Lane::new(job.options.concurrency),
            running: FuturesUnordered::new(),
            held: 0,
        }
    }

    /// Copies the graphs of `roots`.
    pub(crate) async fn run(mut self, roots: Vec<Root>) -> Result<(), CopyError> {
        for root in roots {
            self.add_root(root);
        }
        loop {
            self.start();
            let Some(report) = self.running.next().await else {
                break;
            };
            self.lane(report.step).finished();
            self.settle(report)?;
        }
        match self.nodes.values().find(|node| !node.is_done()) {
            None => Ok(()),
            Some(stuck) => {
                let what = &stuck.descriptor.digest;
                let reason = "it is among its own successors, as the hooks say";
                let error = Error::invalid_manifest(what, reason);
                Err(CopyError::source(Operation::Fetch)(error))
            }
        }
    }

    fn add_root(&mut self, root: Root) {
        let key = Key::of(&root.descriptor);
        self.visit(None, &root.descriptor);
        let node = self.nodes.get_mut(&key).expect("visiting adds the node");
        node.tag = root.tag.or(node.tag.take());
        if let Some(content) = root.content {
            self.held += content.bytes().len() as u64;
            node.content = Some(content);
        }
    }

    fn lane(&mut self, step: Step) -> &mut Lane {
        match step {
            Step::Blob if !self.job.mounts() => &mut self.blobs,
            _ => &mut self.metadata,
        }
    }

    /// Starts as many steps as the lanes let.
    fn start(&mut self) {
        loop {
            let Some((key, step)) = self.metadata.next().or_else(|| self.blobs.next()) else {
                return;
            };
            let node = self.nodes.get_mut(&key).expect("only known nodes are queued");
            let task = node.task();
            let job = self.job;
            self.running.push(Box::pin(async move {
                let done = match step {
                    Step::Inspect => job.inspect(task).await,
                    Step::PushManifest => job.push_manifest(task).await,
                    Step::Blob => job.push_blob(task).await,
                };
                let done = done.unwrap_or_else(Done::Failed);
                Report { key, step, done }
            }));
        }
    }

    fn settle(&mut self, report: Report) -> Result<(), CopyError> {
        let Report { key, step, done } = report;
        match done {
            Done::Read(manifest) => self.expand(key, &manifest),
            Done::Finished(outcome) => self.finish(&key, outcome),
            Done::Failed(error) => return self.heal(&key, step, error),
        }
        Ok(())
    }

    /// Visits the children of a manifest, and keeps its bytes where there is room.
    fn expand(&mut self, key: Key, manifest: &Manifest) {
        let children: Vec<Descriptor> = self
            .job
            .options
            .hooks
            .successors(manifest)
            .into_iter()
            .filter(|child| !child.media_type.is_non_distributable())
            .collect();
        let node = self.nodes.get_mut(&key).expect("the node was inspected");
        if node.content.is_none() {
            let size = manifest.bytes().len() as u64;
            if self.held.saturating_add(size) <= self.job.options.manifest_memory {
                self.held += size;
                node.content = Some(manifest.content().clone());
            }
        }
        node.children = children.iter().map(Key::of).collect();
        node.state = State::Waiting(0);
        for child in &children {
            self.visit(Some(&key), child);
        }
        self.push_if_ready(key);
    }

    /// Makes sure that `descriptor` gets copied, and that `parent` waits for it.
    fn visit(&mut self, parent: Option<&Key>, descriptor: &Descriptor) {
        let key = Key::of(descriptor);
        let forced = parent.is_some_and(|parent| self.nodes[parent].forced);
        let node = self.nodes.entry(key.clone());
        let mut start = false;
        let node = node.or_insert_with(|| {
            start = true;
            Node::new(descriptor.clone())
        });
        if forced && node.is_hearsay() {
            node.force();
            start = true;
        }
        if node.is_done() {
            return;
        }
        if let Some(parent) = parent
            && !node.parents.contains(parent)
        {
            node.parents.push(parent.clone());
            self.nodes
                .get_mut(parent)
                .expect("the parent is visiting")
                .wait_for_one_more();
        }
        if start {
            self.queue(key);
        }
    }

    fn queue(&mut self, key: Key) {
        let step = match key.is_manifest {
            true => Step::Inspect,
            false => Step::Blob,
        };
        self.lane(step).queue(key, step);
    }

    fn push_if_ready(&mut self, key: Key) {
        let node = self.nodes.get_mut(&key).expect("only known nodes are waited for");
        if matches!(node.state, State::Waiting(0)) {
            node.state = State::Running;
            self.metadata.queue(key, Step::PushManifest);
        }
    }

    fn finish(&mut self, key: &Key, outcome: Outcome) {
        let node = self.nodes.get_mut(key).expect("the node was running");
        if let Some(content) = node.content.take() {
            self.held = self.held.saturating_sub(content.bytes().len() as u64);
        }
        node.state = State::Done(outcome);
        for parent in std::mem::take(&mut node.parents) {
            if let Some(waiting) = self.nodes.get_mut(&parent) {
                waiting.one_less();
            }
            self.push_if_ready(parent);
        }
    }

    /// A manifest was refused because children are missing although they were reported as present: those are copied
    /// whatever the destination says about them, and the manifest is pushed once more.
    fn heal(&mut self, key: &Key, step: Step, error: CopyError) -> Result<(), CopyError> {
        let is_missing = matches!(error.source, Error::MissingContent { .. });
        if step != Step::PushManifest || !is_missing {
            return Err(error);
        }
        let node = self.nodes.get_mut(key).expect("the node was running");
        if std::mem::replace(&mut node.healed, true) {
            return Err(error);
        }
        node.forced = true;
        node.state = State::Waiting(0);
        let children = node.children.clone();
        tracing::info!(manifest = %node.descriptor.digest, "children are missing at the destination; copying them anew");
        for child in children {
            let descriptor = self.nodes[&child].descriptor.clone();
            self.visit(Some(key), &descriptor);
        }
        if matches!(self.nodes[key].state, State::Waiting(0)) {
            return Err(error);
        }
        Ok(())
    }
}
