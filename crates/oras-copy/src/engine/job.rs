//! A job: the two stores of a copy, and the steps on one node.

use std::sync::Arc;

use futures_util::TryStreamExt;
use oras_content::{
    Descriptor, ErrorKind, Location, Manifest, Offered, Payload, PushOptions, Pushed, Store, StoreExt,
    Verified, Writer,
};

use super::Done;
use super::node::{Presence, Task};
use crate::lend::lend;
use crate::{CopyError, CopyOptions, NextStep, Operation, Outcome, Recheck};

pub(crate) struct Job<'a> {
    source: &'a dyn Store,
    destination: &'a dyn Writer,
    /// The repository to mount from, where both sides share a registry.
    mount_from: Option<Location>,
    pub(super) options: &'a CopyOptions,
}

impl<'a> Job<'a> {
    pub(crate) fn new(source: &'a dyn Store, destination: &'a dyn Writer, options: &'a CopyOptions) -> Self {
        let mounts = options.mount && options.recheck != Recheck::Force;
        Self {
            source,
            destination,
            mount_from: shared_registry(source, destination).filter(|_| mounts),
            options,
        }
    }

    pub(super) fn mounts(&self) -> bool {
        self.mount_from.is_some()
    }

    pub(super) async fn inspect(&self, task: Task) -> Result<Done, CopyError> {
        let node = &task.descriptor;
        let presence = match self.forces(&task) {
            true => Presence::Lacking,
            false if !self.is_there(node).await? => Presence::Lacking,
            false if self.options.recheck == Recheck::Verify => self.examine_manifest(node).await?,
            false => return self.finish_present(task).await,
        };
        let content = match &task.content {
            Some(content) => content.clone(),
            None => match self.read(node).await {
                Err(error) if error.source.is_not_found() && !task.is_required => {
                    return self.after(node, Outcome::Absent).await;
                }
                read => read?,
            },
        };
        let manifest = Manifest::parse(content).map_err(CopyError::source(Operation::Fetch))?;
        Ok(Done::Read(Box::new(manifest), presence))
    }

    fn forces(&self, task: &Task) -> bool {
        task.forced || self.options.recheck == Recheck::Force
    }

    async fn is_there(&self, node: &Descriptor) -> Result<bool, CopyError> {
        let exists = self.destination.exists(node).await;
        exists.map_err(CopyError::destination(Operation::Exists))
    }

    async fn examine_manifest(&self, node: &Descriptor) -> Result<Presence, CopyError> {
        let limit = self.options.max_manifest_bytes;
        let read = self.destination.fetch_all(node, limit).await.map(drop);
        presence(read)
    }

    async fn examine_blob(&self, node: &Descriptor) -> Result<Presence, CopyError> {
        let read = async {
            let mut content = self.destination.fetch(node).await?;
            while content.try_next().await?.is_some() {}
            Ok(())
        };
        presence(read.await)
    }

    async fn read(&self, node: &Descriptor) -> Result<Verified, CopyError> {
        if let Some(embedded) = embedded(node) {
            return Ok(embedded);
        }
        let read = self.source.fetch_all(node, self.options.max_manifest_bytes).await;
        read.map_err(|error| CopyError::source(Operation::Fetch)(error).about(node))
    }

    /// The destination has the manifest, and with it the whole graph: only its names may be missing.
    async fn finish_present(&self, task: Task) -> Result<Done, CopyError> {
        let node = &task.descriptor;
        let outcome = match task.is_root && self.list(&task).await? {
            true => Outcome::Listed,
            false => Outcome::Present,
        };
        self.name(&task).await?;
        self.after(node, outcome).await
    }

    /// Makes sure that a manifest which is there is among the referrers of its subject; says whether it was missing.
    async fn list(&self, task: &Task) -> Result<bool, CopyError> {
        let node = &task.descriptor;
        let Some(keeper) = self.destination.referrer_keeper().filter(|_| node.is_manifest()) else {
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
            return self.after(node, Outcome::Skipped).await;
        }
        let force = self.forces(&task) || task.presence == Presence::Damaged;
        self.options.hooks.progress(node, 0);
        let options = PushOptions::default().with_force(force).with_tags(task.tags);
        let outcome = self.push(node, task.content, options).await?;
        self.options.hooks.progress(node, node.size);
        self.after(node, outcome).await
    }

    pub(super) async fn mount_blob(&self, task: Task) -> Result<Done, CopyError> {
        let node = &task.descriptor;
        if self.skips(node).await? {
            return self.after(node, Outcome::Skipped).await;
        }
        let verifies = self.options.recheck == Recheck::Verify;
        if verifies && self.is_there(node).await? {
            return Ok(Done::NotMounted(None));
        }
        let options = PushOptions::default().with_mount_from(self.mount_from.clone());
        let outcome = match self.destination.offer(node, &options).await {
            Ok(Offered::Wanted(upload)) => return Ok(Done::NotMounted(upload)),
            Ok(Offered::Mounted) => Outcome::Mounted,
            Ok(_) => Outcome::Present,
            Err(error) => return Err(CopyError::destination(Operation::Mount)(error).about(node)),
        };
        self.name(&task).await?;
        self.after(node, outcome).await
    }

    pub(super) async fn push_blob(&self, task: Task, is_approved: bool) -> Result<Done, CopyError> {
        let node = &task.descriptor;
        if !is_approved && self.skips(node).await? {
            return self.after(node, Outcome::Skipped).await;
        }
        let mut force = self.forces(&task);
        if !force && self.options.recheck == Recheck::Verify && self.is_there(node).await? {
            match self.examine_blob(node).await? {
                Presence::Sound => {
                    self.name(&task).await?;
                    return self.after(node, Outcome::Present).await;
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
        self.after(node, outcome).await
    }

    /// Pushes a node: with the bytes at hand, those in its descriptor, or else the source's.
    async fn push(
        &self,
        node: &Arc<Descriptor>,
        content: Option<Verified>,
        options: PushOptions,
    ) -> Result<Outcome, CopyError> {
        let pushed = match content.or_else(|| embedded(node)) {
            Some(content) => self.destination.push_opts(node, content.into(), options).await,
            None => {
                lend(self.source, node, |payload| {
                    self.push_watched(node, payload, options)
                })
                .await
            }
        };
        match pushed {
            Ok(Pushed::Present) => Ok(Outcome::Present),
            Ok(Pushed::Mounted) => Ok(Outcome::Mounted),
            Ok(_) => Ok(Outcome::Copied),
            Err(error) => Err(CopyError::of_push(Operation::Push, error).about(node)),
        }
    }

    async fn push_watched(
        &self,
        node: &Arc<Descriptor>,
        payload: Payload,
        options: PushOptions,
    ) -> oras_content::Result<Pushed> {
        let (hooks, watched) = (Arc::clone(&self.options.hooks), Arc::clone(node));
        let payload = payload.observed(move |done| hooks.progress(&watched, done));
        self.destination.push_opts(node, payload, options).await
    }

    /// Gives the tags of a root to what is there already.
    async fn name(&self, task: &Task) -> Result<(), CopyError> {
        if task.tags.is_empty() {
            return Ok(());
        }
        let node = &task.descriptor;
        let pushes = node.is_manifest() && task.content.is_some();
        if !pushes {
            for tag in &task.tags {
                let tagged = self.destination.set_tag(node, tag).await;
                tagged.map_err(|error| CopyError::destination(Operation::Tag)(error).about(node))?;
            }
            return Ok(());
        }
        let options = PushOptions::default().with_tags(task.tags.clone());
        let named = self.push(node, task.content.clone(), options).await;
        named
            .map(drop)
            .map_err(|error| error.during(Operation::Push, Operation::Tag))
    }

    async fn skips(&self, node: &Descriptor) -> Result<bool, CopyError> {
        let next = self.options.hooks.before(node).await;
        let next = next.map_err(CopyError::source(Operation::Hook))?;
        Ok(next == NextStep::Skip)
    }

    async fn after(&self, node: &Descriptor, outcome: Outcome) -> Result<Done, CopyError> {
        let after = self.options.hooks.after(node, outcome).await;
        after.map_err(CopyError::destination(Operation::Hook))?;
        Ok(Done::Finished(outcome))
    }
}

/// What reading content at the destination says about it.
fn presence(read: oras_content::Result<()>) -> Result<Presence, CopyError> {
    match read {
        Ok(()) => Ok(Presence::Sound),
        Err(error) if *error.kind() == ErrorKind::Verify => Ok(Presence::Damaged),
        Err(error) if error.is_not_found() => Ok(Presence::Lacking),
        Err(error) => Err(CopyError::destination(Operation::Verify)(error)),
    }
}

/// Where the source is, if the destination is another repository of its registry.
fn shared_registry(source: &dyn Store, destination: &dyn Writer) -> Option<Location> {
    let (from, to) = (source.location()?, destination.location()?);
    (from.registry == to.registry).then_some(from)
}

/// The content that a descriptor carries itself, where it is what the descriptor says.
fn embedded(node: &Descriptor) -> Option<Verified> {
    let data = node.data.clone()?;
    Verified::new(node.clone(), data).ok()
}
