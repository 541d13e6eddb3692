//! `Job`: the two stores of a copy, and the steps on a single node.

use oras_content::{
    Batch, Descriptor, Location, Manifest, Offered, PushOptions, Store, StoreExt, Tag, Verified, Writer,
};

use super::node::{Task, embedded};
use super::presence::Presence;
use super::{Done, Read};
use crate::{Choice, CopyError, CopyOptions, Event, Operation, Outcome, Recheck};

pub(crate) struct Job<'a> {
    pub(super) source: &'a dyn Store,
    destination: &'a dyn Writer,
    /// Collects writes, if the destination supports batches.
    batch: Option<Box<dyn Batch + 'a>>,
    /// The destination's location, if it is a repository that can mount.
    mounts_into: Option<Location>,
    pub(super) options: &'a CopyOptions,
    /// Write nothing; nodes to be copied count as copied.
    pub(super) is_plan: bool,
    /// Make tags visible together at the end, rather than one by one.
    flushes_once: bool,
}

impl<'a> Job<'a> {
    pub(crate) fn new(source: &'a dyn Store, destination: &'a dyn Writer, options: &'a CopyOptions) -> Self {
        let mounts = options.mount && options.recheck != Recheck::Force;
        Self {
            source,
            destination,
            batch: destination.batch(),
            mounts_into: destination.location().filter(|_| mounts),
            options,
            is_plan: false,
            flushes_once: false,
        }
    }

    /// Turns this into a dry run.
    pub(crate) fn planning(mut self) -> Self {
        self.is_plan = true;
        self.batch = None;
        self
    }

    /// Makes all tags visible together at the end.
    pub(crate) fn flushing_once(mut self) -> Self {
        self.flushes_once = true;
        self
    }

    /// Whether the destination resolves all names of a copied root to it.
    pub(super) async fn is_visible(&self, root: &Descriptor, tags: &[Tag]) -> bool {
        for tag in tags {
            match self.destination.resolve(tag).await {
                Ok(found) if found.digest == root.digest => {}
                _ => return false,
            }
        }
        matches!(self.destination.exists(root).await, Ok(true))
    }

    pub(super) fn destination(&self) -> &dyn Writer {
        match &self.batch {
            Some(batch) => &**batch,
            None => self.destination,
        }
    }

    /// Flushes the batch of writes, if there is one.
    pub(super) async fn flush(&self) -> oras_content::Result<()> {
        match &self.batch {
            Some(batch) => batch.flush().await,
            None => Ok(()),
        }
    }

    /// Adds the places of both sides to an error.
    pub(super) fn with_places(&self, error: CopyError) -> CopyError {
        error.between(&self.source, &self.destination)
    }

    /// Reports an event. Plans only report discovered nodes.
    pub(super) fn tell(&self, event: Event<'_>) {
        if self.is_plan && !matches!(event, Event::Discovered { .. }) {
            return;
        }
        self.options.events.on_event(event);
    }

    pub(super) fn mounts(&self) -> bool {
        self.mounts_into.is_some()
    }

    /// Whether one side is a registry. Local stores answer without a round trip, and each call to one occupies a thread.
    pub(super) fn is_remote(&self) -> bool {
        self.source.location().is_some() || self.destination.location().is_some()
    }

    pub(super) async fn inspect(&self, task: Task) -> Result<Done, CopyError> {
        let node = &task.descriptor;
        let presence = match self.forces(&task) {
            true => Presence::Lacking,
            false => match self.check_presence(node).await? {
                Presence::Sound if self.verifies() => self.examine_manifest(node).await?,
                Presence::Sound => return self.finish_present(task).await,
                other => other,
            },
        };
        let content = match &task.content {
            Some(content) => content.clone(),
            None => match self.read(node).await {
                Err(error) if error.source.is_not_found() && !task.is_required => {
                    return self.finish(node, Outcome::Absent).await;
                }
                read => read?,
            },
        };
        let manifest = Manifest::parse(content).map_err(CopyError::source(Operation::Fetch))?;
        let children = self.options.selection.successors(&manifest).await;
        Ok(Done::Read(Box::new(Read {
            children: children.map_err(CopyError::source(Operation::Select))?,
            subject: manifest.subject().map(|subject| subject.digest.clone()),
            content: manifest.content().clone(),
            presence,
        })))
    }

    async fn read(&self, node: &Descriptor) -> Result<Verified, CopyError> {
        if let Some(embedded) = embedded(node) {
            return Ok(embedded);
        }
        let read = self.source.fetch_all(node, self.options.max_manifest_bytes).await;
        read.map_err(|error| CopyError::source(Operation::Fetch)(error).about(node))
    }

    /// Finishes a manifest that the destination already has, along with its whole graph: only its names may be missing.
    async fn finish_present(&self, task: Task) -> Result<Done, CopyError> {
        let node = &task.descriptor;
        let outcome = match task.is_root && self.list(&task).await? {
            true => Outcome::Listed,
            false => Outcome::Present,
        };
        self.set_tags(&task).await?;
        self.finish(node, outcome).await
    }

    /// Lists an existing manifest among its subject's referrers. Returns whether it was missing.
    async fn list(&self, task: &Task) -> Result<bool, CopyError> {
        let node = &task.descriptor;
        let keeper = self.destination().referrer_keeper();
        let Some(keeper) = keeper.filter(|_| node.is_manifest() && !self.is_plan) else {
            return Ok(false);
        };
        if !keeper.is_needed() {
            return Ok(false);
        }
        let content = match &task.content {
            Some(content) => content.clone(),
            None => self.read(node).await?,
        };
        let manifest = Manifest::parse(content).map_err(CopyError::source(Operation::Fetch))?;
        if manifest.subject().is_none() {
            return Ok(false);
        }
        let listed = keeper.ensure_listed(&manifest).await;
        listed.map_err(|error| CopyError::destination(Operation::List)(error).about(node))
    }

    pub(super) async fn push_manifest(&self, task: Task) -> Result<Done, CopyError> {
        if task.presence == Presence::Sound {
            return self.finish_present(task).await;
        }
        let node = &task.descriptor;
        if self.skips(node).await? {
            return self.finish(node, Outcome::SkippedByCaller).await;
        }
        let force = self.forces(&task) || task.presence == Presence::Damaged;
        let options = PushOptions::default().with_force(force).with_tags(task.tags);
        let flushes = !options.tags.is_empty() && !self.flushes_once;
        let outcome = self.push(node, task.content, options).await?;
        if flushes {
            // Flush now, while the manifest's children can still be copied again.
            if let Err(error) = self.flush().await {
                let error = CopyError::destination(Operation::Push)(error).about(node);
                return Ok(Done::NotFlushed(error));
            }
        }
        self.finish(node, outcome).await
    }

    pub(super) async fn mount_blob(&self, task: Task) -> Result<Done, CopyError> {
        let node = &task.descriptor;
        if self.skips(node).await? {
            return self.finish(node, Outcome::SkippedByCaller).await;
        }
        if self.verifies() && self.check_presence(node).await? != Presence::Lacking {
            return Ok(Done::NotMounted(None));
        }
        let from = self.mount_candidates(node).await?;
        if from.is_empty() {
            return Ok(Done::NotMounted(None));
        }
        if self.is_plan {
            return self.plan_blob(node, Outcome::Mounted).await;
        }
        let options = PushOptions::default().with_mount_from(from);
        let outcome = match self.destination().offer(node, &options).await {
            Ok(Offered::Wanted(upload)) => return Ok(Done::NotMounted(upload)),
            Ok(Offered::Mounted) => Outcome::Mounted,
            Ok(_) => Outcome::Present,
            Err(error) => return Err(CopyError::destination(Operation::Mount)(error).about(node)),
        };
        self.set_tags(&task).await?;
        self.finish(node, outcome).await
    }

    pub(super) async fn push_blob(&self, task: Task, is_approved: bool) -> Result<Done, CopyError> {
        let node = &task.descriptor;
        if !is_approved && self.skips(node).await? {
            return self.finish(node, Outcome::SkippedByCaller).await;
        }
        if self.is_plan {
            return self.plan_blob(node, Outcome::Copied).await;
        }
        let mut force = self.forces(&task);
        if !force && self.verifies() {
            match self.look_at_blob(node).await? {
                Presence::Sound => {
                    self.set_tags(&task).await?;
                    return self.finish(node, Outcome::Present).await;
                }
                Presence::Damaged => force = true,
                Presence::Lacking => {}
            }
        }
        let options = PushOptions::default()
            .with_force(force)
            .with_upload(task.upload)
            .with_tags(task.tags);
        let outcome = self.push(node, None, options).await?;
        self.finish(node, outcome).await
    }

    /// Other repositories of the destination's registry that may have the blob.
    async fn mount_candidates(&self, node: &Descriptor) -> Result<Vec<Location>, CopyError> {
        let Some(into) = &self.mounts_into else {
            return Ok(Vec::new());
        };
        let candidates = self.options.selection.mount_from(node).await;
        let mut candidates = candidates.map_err(CopyError::source(Operation::Select))?;
        candidates.extend(self.source.location());
        candidates.retain(|from| from.registry == into.registry && from != into);
        candidates.dedup();
        Ok(candidates)
    }

    /// The planned outcome of a blob: no transfer if the destination already has it.
    async fn plan_blob(&self, node: &Descriptor, otherwise: Outcome) -> Result<Done, CopyError> {
        let forces = self.options.recheck == Recheck::Force;
        if !forces && self.look_at_blob(node).await? == Presence::Sound {
            return Ok(Done::Finished(Outcome::Present));
        }
        Ok(Done::Finished(otherwise))
    }

    async fn skips(&self, node: &Descriptor) -> Result<bool, CopyError> {
        let choice = self.options.selection.choose(node).await;
        let choice = choice.map_err(|error| CopyError::source(Operation::Select)(error).about(node))?;
        Ok(choice == Choice::Skip)
    }

    async fn finish(&self, node: &Descriptor, outcome: Outcome) -> Result<Done, CopyError> {
        if self.is_plan {
            return Ok(Done::Finished(outcome));
        }
        let finished = self.options.selection.finished(node, outcome).await;
        finished.map_err(|error| CopyError::destination(Operation::Select)(error).about(node))?;
        Ok(Done::Finished(outcome))
    }
}
