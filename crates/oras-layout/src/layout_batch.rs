//! Batches: many manifests and tags for one change of the index.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oras_content::{
    Batch, ContentLister, Deleter, Descriptor, Digest, Location, Name, OpenOptions, Opened, Payload,
    PredecessorFinder, PushOptions, Pushed, ReferrerLister, ResolveOptions, Resolved, Result, Stager, Store,
    Tag, TagLister, Untagger, Writer,
};
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::edit::Edit;
use crate::store::finished;
use crate::{LayoutStore, lock};

/// How many bytes of manifests wait at most.
const MOST: u64 = 4 << 20;

/// A layout to which manifests and tags are written together: content is stored as it is pushed, and `index.json` changes
/// once, by [`flush`](Batch::flush).
///
/// Manifests of more than 4 MiB together do not wait for it. Until then nobody else sees the manifests and tags, and a crash loses them. A batch that is dropped writes them where
/// the layout can be had at once; it blocks while it does. Resolving a name flushes; listings show what was flushed.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oras_content::Error> {
/// use oras_content::{Batch, ImageIndex, StoreExt, WriterExt};
/// use oras_layout::{LayoutBatch, LayoutStore};
///
/// let dir = tempfile::tempdir().unwrap();
/// let store = LayoutStore::create(dir.path()).await?;
/// let batch = LayoutBatch::new(&store);
/// for name in ["v1", "v2"] {
///     let index = ImageIndex::new(vec![]).to_content();
///     batch.push(index.descriptor(), index.clone()).await?;
///     batch.tag(index.descriptor(), name).await?;
/// }
/// assert!(store.resolve("v1").await.is_err());
/// batch.flush().await?;
/// assert!(store.resolve("v1").await.is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LayoutBatch {
    store: LayoutStore,
    /// What is not flushed for certain.
    pending: Mutex<Pending>,
    /// The flush that was begun last, unless its end was seen.
    flush: AsyncMutex<Option<Flush>>,
}

/// A flush under way, which goes on when nobody waits for it any more.
#[derive(Debug)]
struct Flush {
    job: JoinHandle<Result<()>>,
    /// How many of the pending edits it writes.
    edits: usize,
}

#[derive(Debug, Default)]
struct Pending {
    edits: Vec<Edit>,
    /// The manifests that the edits list, and their size together.
    listed: HashSet<Digest>,
    bytes: u64,
}

impl LayoutBatch {
    /// A batch of changes of `store`.
    pub fn new(store: &LayoutStore) -> Self {
        Self {
            store: store.clone(),
            pending: Mutex::default(),
            flush: AsyncMutex::default(),
        }
    }

    /// Keeps edits for the next flush, which is now where they are many.
    async fn add(&self, edits: Vec<Edit>) -> Result<()> {
        match self.keep(edits) > MOST {
            true => self.flush().await,
            false => Ok(()),
        }
    }

    /// Keeps edits; how many bytes of manifests wait now.
    fn keep(&self, edits: Vec<Edit>) -> u64 {
        let mut pending = lock(&self.pending);
        for edit in &edits {
            if let Edit::List(manifest) = edit {
                pending.listed.insert(manifest.descriptor().digest.clone());
                pending.bytes += manifest.descriptor().size;
            }
        }
        pending.edits.extend(edits);
        pending.bytes
    }

    fn lists(&self, target: &Descriptor) -> bool {
        lock(&self.pending).listed.contains(&target.digest)
    }
}

impl fmt::Display for LayoutBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

#[async_trait]
impl Store for LayoutBatch {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.store.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.flush().await?;
        self.store.resolve_opts(name, opts).await
    }

    async fn resolve_blob(&self, digest: &Digest) -> Result<Descriptor> {
        self.store.resolve_blob(digest).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        match self.lists(target) {
            // Its content alone tells whether it is there still.
            true => self.store.exists(&as_blob(target)).await,
            false => self.store.exists(target).await,
        }
    }

    fn location(&self) -> Option<Location> {
        self.store.location()
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }

    fn stager(&self) -> Option<&dyn Stager> {
        self.store.stager()
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

    fn referrer_lister(&self) -> Option<&dyn ReferrerLister> {
        self.store.referrer_lister()
    }
}

#[async_trait]
impl Writer for LayoutBatch {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        let (pushed, edits) = self.store.take(expected, payload, opts).await?;
        self.add(edits).await?;
        Ok(pushed)
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        let edits = self.store.tag_edits(target, tag).await?;
        self.add(edits).await
    }
}

#[async_trait]
impl Batch for LayoutBatch {
    async fn flush(&self) -> Result<()> {
        let mut flush = self.flush.lock().await;
        // One that was given up may still move a tag, and must not do so after this one.
        let _ = self.settle(&mut flush).await;
        let edits = lock(&self.pending).edits.clone();
        if edits.is_empty() {
            return Ok(());
        }
        let layout = Arc::clone(&self.store.layout);
        *flush = Some(Flush {
            edits: edits.len(),
            job: spawn_blocking(move || layout.edit(edits)),
        });
        self.settle(&mut flush).await
    }
}

impl LayoutBatch {
    /// Waits for a flush, and forgets what it wrote.
    async fn settle(&self, flush: &mut Option<Flush>) -> Result<()> {
        let Some(running) = flush else {
            return Ok(());
        };
        // It stays in place while it is awaited, so that a dropped future loses nothing.
        let done = (&mut running.job).await;
        let edits = running.edits;
        *flush = None;
        finished(self.store.path(), done)?;
        lock(&self.pending).forget(edits);
        Ok(())
    }
}

impl Pending {
    /// Forgets the first so many edits.
    fn forget(&mut self, edits: usize) {
        for edit in self.edits.drain(..edits) {
            if let Edit::List(manifest) = edit {
                self.listed.remove(&manifest.descriptor().digest);
                self.bytes = self.bytes.saturating_sub(manifest.descriptor().size);
            }
        }
    }
}

impl Drop for LayoutBatch {
    fn drop(&mut self) {
        let edits = std::mem::take(&mut lock(&self.pending).edits);
        if edits.is_empty() || self.flush.get_mut().is_some() {
            return;
        }
        // What cannot be listed now is pushed again by the next run.
        let _ = self.store.layout.edit_at_once(edits);
    }
}

fn as_blob(target: &Descriptor) -> Descriptor {
    let mut blob = target.plain();
    blob.media_type = oras_content::MediaType::OCTET_STREAM;
    blob
}
