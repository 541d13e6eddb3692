//! Batches: many manifests and tags in one change of the index.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::FutureExt;
use oras_content::{
    Batch, ContentLister, Descriptor, Digest, ErrorKind, Location, Name, OpenOptions, Opened, Payload,
    PredecessorFinder, PushOptions, Pushed, ReferrerLister, ResolveOptions, Resolved, Result, Store, Tag,
    TagLister, Writer,
};
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::edit::Edit;
use crate::listing::Listing;
use crate::store::{finished, store_name};
use crate::{LayoutStore, lock};

/// Maximum total size of pending manifests in bytes.
const MOST: u64 = 4 << 20;

/// What a pending manifest takes in memory besides its bytes, at least.
const OVERHEAD: u64 = 1024;

/// A layout whose manifests and tags are written in batches: content is stored when it is pushed, and `index.json`
/// changes once, on [`flush`](Batch::flush).
///
/// If the pending manifests exceed 4 MiB together, with 1 KiB added for each, they are flushed earlier. Before the flush,
/// others do not see the manifests and tags, and a crash loses them. A dropped batch writes them if no flush is running
/// and the lock of the layout is free; it blocks meanwhile. Resolving a name flushes. Listings show only what was
/// flushed. A batch cannot delete content.
///
/// A flush writes as much as it can. A push that it refuses, and those that build on it, are refused again by each
/// flush until they are pushed again.
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
    /// Pushes that may not be flushed yet.
    pending: Mutex<Pending>,
    /// The last flush, until its result is known.
    flush: AsyncMutex<Option<Flush>>,
}

/// A running flush, which continues even if no one waits for it.
#[derive(Debug)]
struct Flush {
    job: JoinHandle<Result<Vec<Result<()>>>>,
    /// The numbers of the pushes that it writes.
    pushes: Vec<u64>,
}

#[derive(Debug, Default)]
struct Pending {
    pushes: BTreeMap<u64, Push>,
    next: u64,
    /// The digests of the pending manifests, and what they count towards the limit.
    listed: HashSet<Digest>,
    bytes: u64,
}

/// The changes of one call.
#[derive(Debug)]
struct Push {
    edits: Vec<Edit>,
    /// Whether a flush refused it.
    is_refused: bool,
}

impl LayoutBatch {
    /// Creates a batch of changes of `store`.
    pub fn new(store: &LayoutStore) -> Self {
        Self {
            store: store.clone(),
            pending: Mutex::default(),
            flush: AsyncMutex::default(),
        }
    }

    /// Keeps edits for the next flush, and flushes if the limit is exceeded.
    async fn add(&self, edits: Vec<Edit>) -> Result<()> {
        if self.keep(edits) <= MOST {
            return Ok(());
        }
        match self.flush().await {
            // The error concerns another push, and the next flush reports it again.
            Err(error) if matches!(error.kind(), ErrorKind::MissingContent | ErrorKind::NotFound) => Ok(()),
            flushed => flushed,
        }
    }

    /// Keeps edits. They replace refused pushes that they repeat. Returns the total size of pending manifests.
    fn keep(&self, edits: Vec<Edit>) -> u64 {
        let mut pending = lock(&self.pending);
        let is_repeated = |old: &Edit| edits.iter().any(|edit| edit.repeats(old));
        let stays = |push: &Push| !(push.is_refused && push.edits.iter().all(is_repeated));
        pending.pushes.retain(|_, push| stays(push));
        for listing in edits.iter().filter_map(Edit::listed) {
            pending.listed.insert(listing.digest().clone());
            pending.bytes += weight(listing);
        }
        if !edits.is_empty() {
            let (number, is_refused) = (pending.next, false);
            pending.next += 1;
            pending.pushes.insert(number, Push { edits, is_refused });
        }
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
            // It is not listed yet, so only its content can be checked.
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
        // A flush whose caller was cancelled may still move a tag, and must finish before this one.
        let _ = self.settle(&mut flush).await;
        let (pushes, edits) = lock(&self.pending).edits();
        if edits.is_empty() {
            return Ok(());
        }
        let layout = Arc::clone(&self.store.layout);
        let job = spawn_blocking(move || layout.edit_each(edits));
        *flush = Some(Flush { job, pushes });
        self.settle(&mut flush).await
    }
}

impl LayoutBatch {
    /// Waits for a flush, and forgets the pushes that it wrote.
    async fn settle(&self, flush: &mut Option<Flush>) -> Result<()> {
        let Some(running) = flush else {
            return Ok(());
        };
        // The job stays in place while it is awaited, so that a dropped future loses nothing.
        let done = (&mut running.job).await;
        let pushes = std::mem::take(&mut running.pushes);
        *flush = None;
        self.learn(&pushes, finished(self.store.path(), done))
    }

    /// Forgets written pushes. Returns the first error of the others.
    fn learn(&self, pushes: &[u64], written: Result<Vec<Result<()>>>) -> Result<()> {
        let outcomes = written?;
        lock(&self.pending).learn(pushes, &outcomes);
        let store = store_name(self.store.path());
        let outcome: Result<()> = outcomes.into_iter().collect();
        outcome.map_err(|error| error.in_store(&store))
    }
}

impl Pending {
    /// All pending edits in order, with their numbers.
    fn edits(&self) -> (Vec<u64>, Vec<Vec<Edit>>) {
        let pushes = self.pushes.iter();
        pushes.map(|(number, push)| (*number, push.edits.clone())).unzip()
    }

    /// Forgets the pushes that succeeded, and marks the others as refused.
    fn learn(&mut self, pushes: &[u64], outcomes: &[Result<()>]) {
        for (number, outcome) in pushes.iter().zip(outcomes) {
            let Some(mut push) = self.pushes.remove(number) else {
                continue;
            };
            for listing in push.edits.iter().filter_map(Edit::listed) {
                self.listed.remove(listing.digest());
                self.bytes = self.bytes.saturating_sub(weight(listing));
            }
            if outcome.is_err() {
                push.is_refused = true;
                self.pushes.insert(*number, push);
            }
        }
    }
}

impl Drop for LayoutBatch {
    fn drop(&mut self) {
        if let Some(mut flush) = self.flush.get_mut().take() {
            match (&mut flush.job).now_or_never() {
                Some(done) => drop(self.learn(&flush.pushes, finished(self.store.path(), done))),
                // The running flush continues. Writing now could let it move a tag back afterwards.
                None => return,
            }
        }
        let (_, edits) = lock(&self.pending).edits();
        if !edits.is_empty() {
            // If the lock is taken, the next run pushes them again.
            let _ = self.store.layout.edit_each_at_once(edits);
        }
    }
}

/// What a pending manifest counts towards the limit.
fn weight(listing: &Listing) -> u64 {
    listing.descriptor().size.saturating_add(OVERHEAD)
}

fn as_blob(target: &Descriptor) -> Descriptor {
    let mut blob = target.plain();
    blob.media_type = oras_content::MediaType::OCTET_STREAM;
    blob
}
