//! `MemoryStore`: a shared state, and its implementation of the storage traits.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use oras_content::{
    ContentLister, Deleter, Descriptor, Error, Manifest, Name, OpenOptions, Opened, Payload,
    PredecessorFinder, PushOptions, Pushed, ResolveOptions, Resolved, Result, StageOptions, Staged, Stager,
    Store, Tag, TagListOptions, TagLister, Untagger, Verified, Writer,
};

use crate::MemoryOptions;
use crate::room::{Budget, Room};
use crate::staged::MemoryStaged;
use crate::state::State;

/// A store that keeps all content in memory. Clones share their content.
///
/// Content is identified by digest, whatever media type is requested. However, bytes pushed as a blob are not a
/// manifest until they are pushed as one.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    budget: Arc<Budget>,
}

impl MemoryStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::with_options(MemoryOptions::default())
    }

    /// Creates an empty store with options.
    ///
    /// A push that would exceed the limit fails with
    /// [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit) before its payload is opened.
    /// Replacing content needs room for both copies.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oras_content::Error> {
    /// use oras_content::{ErrorKind, MediaType, WriterExt};
    /// use oras_memory::{MemoryOptions, MemoryStore};
    ///
    /// let store = MemoryStore::with_options(MemoryOptions::default().with_limit(8));
    /// store.push_bytes(MediaType::OCTET_STREAM, "hello").await?;
    /// let error = store.push_bytes(MediaType::OCTET_STREAM, "world").await.unwrap_err();
    /// assert_eq!(error.kind(), &ErrorKind::SizeExceedsLimit { limit: 8 });
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_options(opts: MemoryOptions) -> Self {
        Self {
            state: Arc::default(),
            budget: Budget::new(opts.limit),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is a single insertion or removal, so a panic while the lock is held leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds content. Existing content is replaced only if `force` is set.
    pub(crate) fn insert(&self, content: Verified, room: Room, force: bool) -> Result<Pushed> {
        let manifest = match content.descriptor().is_manifest() {
            true => Some(Manifest::parse(content.clone())?),
            false => None,
        };
        Ok(self.state().insert(content, room, manifest.as_ref(), force))
    }

    async fn read(&self, expected: &Descriptor, payload: Payload, force: bool) -> Result<Pushed> {
        let room = Room::take(&self.budget, expected.size, expected)?;
        self.insert(payload.read_all(expected).await?, room, force)
    }

    pub(crate) fn has(&self, target: &Descriptor) -> bool {
        self.state().has(target)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
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
        Ok(self.has(target))
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
        let pushed = match !opts.force && self.has(expected) {
            true => Pushed::Present,
            false => self.read(expected, payload, opts.force).await?,
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
        let room = Room::none(&self.budget);
        Ok(Box::new(MemoryStaged::new(self.clone(), room)))
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
