//! Repair: fetches damaged or missing content from another store.

use std::collections::HashSet;

use futures_util::{StreamExt, stream};
use oras_content::{
    Descriptor, Digest, Error, MAX_MANIFEST_BYTES, OpenOptions, Payload, Result, Store, StoreExt,
};

use crate::{CheckOptions, LayoutStore, Problem};

/// Options for [`LayoutStore::repair`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepairOptions {
    /// Number of blobs to read or fetch concurrently. Default: 4. The minimum is 1.
    pub concurrency: usize,
}

impl Default for RepairOptions {
    fn default() -> Self {
        Self { concurrency: 4 }
    }
}

impl RepairOptions {
    /// Sets the number of blobs to read or fetch concurrently.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency;
        self
    }
}

/// The result of [`LayoutStore::repair`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RepairReport {
    /// The content that was fetched.
    pub repaired: Vec<Descriptor>,
    /// The content that could not be fetched.
    pub failed: Vec<Unrepaired>,
}

/// Content that could not be repaired.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Unrepaired {
    /// The expected content.
    pub content: Descriptor,
    /// The reason. Any earlier content is still there.
    pub error: Error,
}

impl LayoutStore {
    /// [Checks](Self::check) the layout, and fetches damaged or missing content from another store, by its descriptor.
    ///
    /// A damaged blob is replaced atomically, once its new content is complete and verified. The successors of a
    /// repaired manifest are then checked in turn. `index.json` is not changed. A damaged blob that nothing refers to
    /// is fetched if `from` can resolve its digest.
    ///
    /// # Errors
    ///
    /// Content that could not be repaired is in the report. The call fails as [`check`](Self::check) does.
    ///
    /// # Example
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oras_content::Error> {
    /// use oras_content::{ImageIndex, MediaType, WriterExt};
    /// use oras_layout::{LayoutStore, RepairOptions};
    ///
    /// let dir = tempfile::tempdir().unwrap();
    /// let store = LayoutStore::create(dir.path().join("store")).await?;
    /// let backup = LayoutStore::create(dir.path().join("backup")).await?;
    /// let index = ImageIndex::new(vec![]).to_content();
    /// for store in [&store, &backup] {
    ///     store.push_bytes(MediaType::OCI_INDEX, index.bytes().clone()).await?;
    /// }
    /// let digest = &index.descriptor().digest;
    /// std::fs::remove_file(store.path().join("blobs/sha256").join(digest.encoded())).unwrap();
    ///
    /// let report = store.repair(&backup, RepairOptions::default()).await?;
    /// assert_eq!((report.repaired.len(), report.failed.len()), (1, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn repair<S: Store + ?Sized>(&self, from: &S, opts: RepairOptions) -> Result<RepairReport> {
        let concurrency = opts.concurrency.max(1);
        let mut report = RepairReport::default();
        let mut tried: HashSet<Digest> = HashSet::new();
        let mut checking = CheckOptions::default().with_concurrency(concurrency);
        loop {
            let found = self.check(checking.clone()).await?.problems;
            let faulty = found.into_iter().filter_map(Fault::of);
            let todo: Vec<Fault> = faulty
                .filter(|fault| tried.insert(fault.content.digest.clone()))
                .collect();
            if todo.is_empty() {
                return Ok(report);
            }
            let mut repairs = stream::iter(todo)
                .map(|fault| self.repair_fault(from, fault))
                .buffer_unordered(concurrency);
            while let Some((content, repaired)) = repairs.next().await {
                match repaired {
                    Ok(()) => report.repaired.push(content),
                    Err(error) => report.failed.push(Unrepaired { content, error }),
                }
            }
            // Blobs that passed the first check need not be hashed again.
            checking = checking.with_hashing(false);
        }
    }

    async fn repair_fault<S: Store + ?Sized>(&self, from: &S, fault: Fault) -> (Descriptor, Result<()>) {
        let content = match fault.is_named {
            true => Ok(fault.content.clone()),
            false => from.resolve_blob(&fault.content.digest).await,
        };
        match content {
            Ok(content) => {
                let repaired = self.repair_as(from, &content).await;
                (content, repaired)
            }
            Err(error) => (fault.content, Err(error)),
        }
    }

    async fn repair_as<S: Store + ?Sized>(&self, from: &S, content: &Descriptor) -> Result<()> {
        if content.is_manifest() {
            let manifest = from.fetch_manifest(content, MAX_MANIFEST_BYTES).await?;
            return self.run(move |layout| layout.restore(manifest.content())).await;
        }
        let opened = from.open(content, OpenOptions::default()).await?;
        let payload = Payload::once(opened.verified(content)?.into());
        let stored = self.stream(content, payload, true).await;
        // The error concerns one copy of the content, so it need not tell source and destination apart.
        stored.map(drop).map_err(Error::into_inner)
    }
}

/// Content to fetch.
struct Fault {
    content: Descriptor,
    is_named: bool,
}

impl Fault {
    fn of(problem: Problem) -> Option<Self> {
        match problem {
            Problem::Damaged {
                content, is_named, ..
            } => Some(Self { content, is_named }),
            Problem::Missing { content, .. } => Some(Self {
                content,
                is_named: true,
            }),
            _ => None,
        }
    }
}
