//! A job: the two stores of a copy, and the steps on one node.

use std::sync::Arc;

use futures_util::TryStreamExt;
use oras_content::{
    Descriptor, Error, ErrorKind, Fetcher, FetcherExt, Manifest, Mounted, Mounter, PushOptions, Pushed,
    Source, Storage, Tagger, Verified,
};

use super::Done;
use super::node::{Presence, Task};
use crate::{CopyError, CopyOptions, NextStep, Operation, Outcome, Recheck};

pub(crate) struct Job<'a> {
    source: Arc<dyn Fetcher>,
    destination: &'a dyn Storage,
    /// What names the roots; needed where one has a tag.
    tagger: Option<&'a dyn Tagger>,
    /// The mounter of the destination and the repository to mount from, where both sides share a registry.
    mount: Option<(&'a dyn Mounter, String)>,
    pub(super) options: &'a CopyOptions,
}

impl<'a> Job<'a> {
    pub(crate) fn new(
        source: Arc<dyn Fetcher>,
        destination: &'a dyn Storage,
        tagger: Option<&'a dyn Tagger>,
        options: &'a CopyOptions,
    ) -> Self {
        let mounts = options.mount && options.recheck != Recheck::Force;
        let mount = mount(&source, destination).filter(|_| mounts);
        Self {
            source,
            destination,
            tagger,
            mount,
            options,
        }
    }

    pub(super) fn mounts(&self) -> bool {
        self.mount.is_some()
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
        if let Some(tag) = &task.tag {
            match self.destination.reference_pusher() {
                Some(pusher) => {
                    let body = self.body(node, task.content);
                    let named = pusher.push_reference(node, body, tag).await;
                    named.map_err(|error| CopyError::of_push(Operation::Tag, error).about(node))?;
                }
                None => self.tag(node, tag).await?,
            }
        }
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
        let body = self.body(node, task.content);
        let outcome = match (self.destination.reference_pusher(), &task.tag) {
            (Some(pusher), Some(tag)) if !force => {
                let pushed = pusher.push_reference(node, body, tag).await;
                pushed.map_err(|error| CopyError::of_push(Operation::Push, error).about(node))?;
                Outcome::Copied
            }
            _ => {
                let outcome = self
                    .push(node, body, PushOptions::default().with_force(force))
                    .await?;
                if let Some(tag) = &task.tag {
                    self.tag(node, tag).await?;
                }
                outcome
            }
        };
        self.options.hooks.progress(node, node.size);
        self.after(node, outcome).await
    }

    pub(super) async fn mount_blob(&self, task: Task) -> Result<Done, CopyError> {
        let node = &task.descriptor;
        if self.skips(node).await? {
            return self.after(node, Outcome::Skipped).await;
        }
        let verifies = self.options.recheck == Recheck::Verify;
        let Some((mounter, from)) = self.mount.as_ref() else {
            return Ok(Done::NotMounted(None));
        };
        if verifies && self.is_there(node).await? {
            return Ok(Done::NotMounted(None));
        }
        match mounter.mount(node, from).await {
            Ok(Mounted::Mounted) => {
                self.name_blob(&task).await?;
                self.after(node, Outcome::Mounted).await
            }
            Ok(Mounted::Refused(upload)) => Ok(Done::NotMounted(upload)),
            Err(error) => Err(CopyError::destination(Operation::Mount)(error).about(node)),
        }
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
                    self.name_blob(&task).await?;
                    return self.after(node, Outcome::Present).await;
                }
                Presence::Damaged => force = true,
                Presence::Lacking => {}
            }
        }
        let hooks = Arc::clone(&self.options.hooks);
        let watched = Arc::clone(node);
        let body = self
            .body(node, None)
            .observed(move |done| hooks.progress(&watched, done));
        let options = PushOptions::default()
            .with_force(force)
            .with_upload(task.upload.clone());
        let outcome = self.push(node, body, options).await?;
        self.name_blob(&task).await?;
        self.after(node, outcome).await
    }

    async fn push(
        &self,
        node: &Descriptor,
        body: Source,
        options: PushOptions,
    ) -> Result<Outcome, CopyError> {
        match self.destination.push_opts(node, body, options).await {
            Ok(Pushed::Present) => Ok(Outcome::Present),
            Ok(_) => Ok(Outcome::Copied),
            Err(error) => Err(CopyError::of_push(Operation::Push, error).about(node)),
        }
    }

    async fn name_blob(&self, task: &Task) -> Result<(), CopyError> {
        match &task.tag {
            Some(tag) => self.tag(&task.descriptor, tag).await,
            None => Ok(()),
        }
    }

    async fn tag(&self, node: &Descriptor, tag: &str) -> Result<(), CopyError> {
        let Some(tagger) = self.tagger else {
            let error = Error::unsupported(format!("tagging {tag}"));
            return Err(CopyError::destination(Operation::Tag)(error));
        };
        let tagged = tagger.tag(node, tag).await;
        tagged.map_err(CopyError::destination(Operation::Tag))
    }

    /// The bytes of a node: those at hand, those in its descriptor, or else the source's.
    fn body(&self, node: &Arc<Descriptor>, content: Option<Verified>) -> Source {
        match content.or_else(|| embedded(node)) {
            Some(content) => content.into(),
            None => Source::fetch(Arc::clone(&self.source), node.as_ref().clone()),
        }
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

fn mount<'a>(source: &dyn Fetcher, destination: &'a dyn Storage) -> Option<(&'a dyn Mounter, String)> {
    let location = source.location()?;
    let mounter = destination.mounter()?;
    (mounter.registry() == location.registry).then_some((mounter, location.repository))
}

/// The content that a descriptor carries itself, where it is what the descriptor says.
fn embedded(node: &Descriptor) -> Option<Verified> {
    let data = node.data.clone()?;
    Verified::new(node.clone(), data).ok()
}
