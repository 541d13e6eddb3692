//! A job: the two stores of a copy, and the steps on one node.

use std::sync::Arc;

use oras_content::{
    Descriptor, Error, Fetcher, FetcherExt, Manifest, Mounted, Mounter, Source, Storage, Tagger, Verified,
};

use super::Done;
use super::node::Task;
use super::progress::watched;
use crate::{CopyError, CopyOptions, NextStep, Operation, Outcome};

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
        let mount = mount(&source, destination).filter(|_| options.mount);
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
        if !task.forced {
            let exists = self.destination.exists(node).await;
            if exists.map_err(CopyError::destination(Operation::Exists))? {
                return self.name_present(task).await;
            }
        }
        let content = match task.content {
            Some(content) => content,
            None => self.read(node).await?,
        };
        let manifest = Manifest::parse(content).map_err(CopyError::source(Operation::Fetch))?;
        Ok(Done::Read(Box::new(manifest)))
    }

    async fn read(&self, node: &Descriptor) -> Result<Verified, CopyError> {
        if let Some(embedded) = embedded(node) {
            return Ok(embedded);
        }
        let read = self.source.fetch_all(node, self.options.max_manifest_bytes).await;
        read.map_err(CopyError::source(Operation::Fetch))
    }

    /// The destination has the manifest, and with it the whole graph: only the name is missing.
    async fn name_present(&self, task: Task) -> Result<Done, CopyError> {
        let node = &task.descriptor;
        if let Some(tag) = &task.tag {
            match self.destination.reference_pusher() {
                Some(pusher) => {
                    let body = self.body(node, task.content);
                    let named = pusher.push_reference(node, body, tag).await;
                    named.map_err(CopyError::destination(Operation::Tag))?;
                }
                None => self.tag(node, tag).await?,
            }
        }
        self.after(node, Outcome::Skipped).await
    }

    pub(super) async fn push_manifest(&self, task: Task) -> Result<Done, CopyError> {
        let node = &task.descriptor;
        if self.skips(node).await? {
            return self.after(node, Outcome::Skipped).await;
        }
        let body = watched(self.body(node, task.content), node, &self.options.hooks);
        if let (Some(pusher), Some(tag)) = (self.destination.reference_pusher(), &task.tag) {
            let pushed = pusher.push_reference(node, body, tag).await;
            pushed.map_err(CopyError::destination(Operation::Push))?;
            return self.after(node, Outcome::Copied).await;
        }
        let outcome = self.push(node, body).await?;
        if let Some(tag) = &task.tag {
            self.tag(node, tag).await?;
        }
        self.after(node, outcome).await
    }

    pub(super) async fn push_blob(&self, task: Task) -> Result<Done, CopyError> {
        let node = &task.descriptor;
        if self.skips(node).await? {
            return self.after(node, Outcome::Skipped).await;
        }
        let body = watched(self.body(node, task.content), node, &self.options.hooks);
        let outcome = match &self.mount {
            Some((mounter, from)) if !task.forced => match mounter.mount(node, from, body).await {
                Ok(Mounted::Mounted) => Outcome::Mounted,
                Ok(Mounted::Pushed) => Outcome::Copied,
                Err(error) if error.is_already_exists() => Outcome::Skipped,
                Err(error) => return Err(CopyError::destination(Operation::Mount)(error).about(node)),
            },
            _ => self.push(node, body).await?,
        };
        if let Some(tag) = &task.tag {
            self.tag(node, tag).await?;
        }
        self.after(node, outcome).await
    }

    async fn push(&self, node: &Descriptor, body: Source) -> Result<Outcome, CopyError> {
        match self.destination.push(node, body).await {
            Ok(()) => Ok(Outcome::Copied),
            Err(error) if error.is_already_exists() => Ok(Outcome::Skipped),
            Err(error) => Err(CopyError::destination(Operation::Push)(error).about(node)),
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
    fn body(&self, node: &Descriptor, content: Option<Verified>) -> Source {
        match content.or_else(|| embedded(node)) {
            Some(content) => content.into(),
            None => Source::fetch(Arc::clone(&self.source), node.clone()),
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
