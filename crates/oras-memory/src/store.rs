//! The store: a shared state and the storage traits over it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use oras_content::{
    ContentLister, Deleter, Descriptor, Digest, Error, Manifest, Name, OpenOptions, Opened, Payload,
    PredecessorFinder, PushOptions, Pushed, ResolveOptions, Resolved, Result, StageOptions, Staged, Stager,
    Store, Tag, TagListOptions, TagLister, Untagger, Verified, Writer,
};

use crate::staged::MemoryStaged;
use crate::state::State;

/// A store that keeps everything in memory. Clones share their content.
///
/// Content is known by its digest, whatever media type it is asked for under.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is a single insertion or removal, so a panicking holder leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds content, in the place of what is there where `force` says so.
    pub(crate) fn insert(&self, content: Verified, force: bool) -> Result<Pushed> {
        let manifest = match content.descriptor().is_manifest() {
            true => Some(Manifest::parse(content.clone())?),
            false => None,
        };
        Ok(self.state().insert(content, manifest.as_ref(), force))
    }

    pub(crate) fn contains(&self, digest: &Digest) -> bool {
        self.state().contains(digest)
    }
}

impl fmt::Display for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the memory store")
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        Ok(Opened::of_bytes(&self.state().bytes(&target.digest)?, opts))
    }

    async fn resolve_opts(&self, name: &Name, _: ResolveOptions) -> Result<Resolved> {
        Ok(self.state().resolve(name)?.into())
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        Ok(self.contains(&target.digest))
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }

    fn stager(&self) -> Option<&dyn Stager> {
        Some(self)
    }

    fn deleter(&self) -> Option<&dyn Deleter> {
        Some(self)
    }

    fn untagger(&self) -> Option<&dyn Untagger> {
        Some(self)
    }

    fn tag_lister(&self) -> Option<&dyn TagLister> {
        Some(self)
    }

    fn content_lister(&self) -> Option<&dyn ContentLister> {
        Some(self)
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        Some(self)
    }
}

#[async_trait]
impl Writer for MemoryStore {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        let pushed = match !opts.force && self.contains(&expected.digest) {
            true => Pushed::Present,
            false => self.insert(payload.read_all(expected).await?, opts.force)?,
        };
        for tag in &opts.tags {
            self.set_tag(expected, tag).await?;
        }
        Ok(pushed)
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.state().tag(target, tag)
    }
}

#[async_trait]
impl Stager for MemoryStore {
    async fn stage(&self, opts: StageOptions) -> Result<Box<dyn Staged>> {
        if opts.key.is_some() {
            return Err(Error::unsupported("keeping unfinished content in memory"));
        }
        Ok(Box::new(MemoryStaged::new(self.clone())))
    }
}

#[async_trait]
impl Untagger for MemoryStore {
    async fn untag(&self, tag: &Tag) -> Result<()> {
        self.state().untag(tag)
    }
}

#[async_trait]
impl Deleter for MemoryStore {
    async fn delete(&self, target: &Descriptor) -> Result<()> {
        self.state().delete(&target.digest)
    }
}

impl TagLister for MemoryStore {
    fn tags(&self, opts: TagListOptions) -> BoxStream<'_, Result<String>> {
        let tags = self.state().tags_after(opts.last.as_deref());
        stream::iter(tags.into_iter().map(Ok)).boxed()
    }
}

impl ContentLister for MemoryStore {
    fn contents(&self) -> BoxStream<'_, Result<Descriptor>> {
        let contents = self.state().contents();
        stream::iter(contents.into_iter().map(Ok)).boxed()
    }
}

#[async_trait]
impl PredecessorFinder for MemoryStore {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        Ok(self.state().predecessors(&node.digest))
    }
}
