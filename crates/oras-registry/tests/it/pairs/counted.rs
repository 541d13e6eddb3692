//! Repositories in memory that count open uploads.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use oras_content::{
    ContentLister, Deleter, Descriptor, Digest, Name, OpenOptions, Opened, PredecessorFinder, Pushed,
    ResolveOptions, Resolved, Result, StageOptions, Staged, Stager, Store, TagLister, Untagger, Writer,
};
use oras_memory::MemoryStore;
use oras_server::{Backend, MemoryBackend};

/// A counter shared by the open uploads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Open(Arc<()>);

impl Open {
    pub(crate) fn count(&self) -> usize {
        // Without this handle and the one of the backend.
        Arc::strong_count(&self.0) - 2
    }
}

#[derive(Debug)]
pub(crate) struct CountedBackend {
    backend: MemoryBackend,
    open: Open,
}

impl CountedBackend {
    pub(crate) fn new(backend: &MemoryBackend, open: &Open) -> Self {
        Self {
            backend: backend.clone(),
            open: open.clone(),
        }
    }
}

#[async_trait]
impl Backend for CountedBackend {
    async fn open(&self, name: &str, create: bool) -> Result<Option<Arc<dyn Store>>> {
        let names = self.backend.names(None, usize::MAX).await?;
        let is_there = create || names.iter().any(|there| there == name);
        Ok(is_there.then(|| {
            let store = self.backend.store(name);
            let open = self.open.clone();
            Arc::new(Counted { store, open }) as Arc<dyn Store>
        }))
    }

    async fn names(&self, last: Option<&str>, limit: usize) -> Result<Vec<String>> {
        self.backend.names(last, limit).await
    }
}

struct Counted {
    store: MemoryStore,
    open: Open,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

#[async_trait]
impl Store for Counted {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.store.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.store.resolve_opts(name, opts).await
    }

    async fn resolve_blob(&self, digest: &Digest) -> Result<Descriptor> {
        self.store.resolve_blob(digest).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.store.exists(target).await
    }

    fn writer(&self) -> Option<&dyn Writer> {
        self.store.writer()
    }

    fn stager(&self) -> Option<&dyn Stager> {
        Some(self)
    }

    fn deleter(&self) -> Option<&dyn Deleter> {
        self.store.deleter()
    }

    fn untagger(&self) -> Option<&dyn Untagger> {
        self.store.untagger()
    }

    fn tag_lister(&self) -> Option<&dyn TagLister> {
        self.store.tag_lister()
    }

    fn content_lister(&self) -> Option<&dyn ContentLister> {
        self.store.content_lister()
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        self.store.predecessor_finder()
    }
}

#[async_trait]
impl Stager for Counted {
    async fn stage(&self, opts: StageOptions) -> Result<Box<dyn Staged>> {
        let staged = self.store.stage(opts).await?;
        let open = self.open.clone();
        Ok(Box::new(Upload { staged, _open: open }))
    }
}

struct Upload {
    staged: Box<dyn Staged>,
    _open: Open,
}

#[async_trait]
impl Staged for Upload {
    fn len(&self) -> u64 {
        self.staged.len()
    }

    async fn append(&mut self, bytes: Bytes) -> Result<()> {
        self.staged.append(bytes).await
    }

    async fn discard(self: Box<Self>) {
        self.staged.discard().await;
    }

    async fn commit(self: Box<Self>, expected: &Descriptor) -> Result<Pushed> {
        self.staged.commit(expected).await
    }
}
