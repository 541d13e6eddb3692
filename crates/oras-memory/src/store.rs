//! The store: a shared state and the storage traits over it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use oras_content::{
    Content, Deleter, Descriptor, Digest, Exists, FetchOptions, Fetcher, Ingest, Ingester, InvalidReference,
    Manifest, PredecessorFinder, PushOptions, Pushed, Pusher, Resolver, Result, Source, TagListOptions,
    TagLister, Tagger, Untagger, Verified,
};

use crate::ingest::MemoryIngest;
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

#[async_trait]
impl Fetcher for MemoryStore {
    async fn fetch_opts(&self, target: &Descriptor, opts: FetchOptions) -> Result<Content> {
        let bytes = self.state().bytes(&target.digest)?;
        let Some(range) = opts.range else {
            return Ok(bytes.into());
        };
        let bound = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        let (start, end) = (bound(range.start), bound(range.end));
        Ok(bytes.slice(start..end.max(start)).into())
    }
}

#[async_trait]
impl Exists for MemoryStore {
    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        Ok(self.contains(&target.digest))
    }
}

#[async_trait]
impl Pusher for MemoryStore {
    async fn push_opts(&self, expected: &Descriptor, body: Source, opts: PushOptions) -> Result<Pushed> {
        if !opts.force && self.contains(&expected.digest) {
            return Ok(Pushed::Present);
        }
        let content = body.read_all(expected).await?;
        self.insert(content, opts.force)
    }

    fn ingester(&self) -> Option<&dyn Ingester> {
        Some(self)
    }
}

#[async_trait]
impl Ingester for MemoryStore {
    async fn ingest(&self) -> Result<Box<dyn Ingest>> {
        Ok(Box::new(MemoryIngest::new(self.clone())))
    }
}

#[async_trait]
impl Resolver for MemoryStore {
    async fn resolve(&self, reference: &str) -> Result<Descriptor> {
        self.state().resolve(reference)
    }
}

#[async_trait]
impl Tagger for MemoryStore {
    async fn tag(&self, target: &Descriptor, reference: &str) -> Result<()> {
        self.state().tag(target, reference)
    }
}

#[async_trait]
impl Untagger for MemoryStore {
    async fn untag(&self, reference: &str) -> Result<()> {
        if reference.parse::<Digest>().is_ok() {
            return Err(InvalidReference::new(reference, "a digest cannot be untagged").into());
        }
        self.state().untag(reference)
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

#[async_trait]
impl PredecessorFinder for MemoryStore {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        Ok(self.state().predecessors(&node.digest))
    }
}
