//! Repair: fetching what is damaged or missing from another store.

use std::collections::HashSet;

use futures_util::{StreamExt, stream};
use oras_content::{
    Descriptor, Digest, Error, MAX_MANIFEST_BYTES, OpenOptions, Payload, Result, Store, StoreExt,
};

use crate::{CheckOptions, LayoutStore, Problem};

/// How [`LayoutStore::repair`] fetches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepairOptions {
    /// How many blobs to read or to fetch at once; 4 by default, and 1 at least.
    pub concurrency: usize,
}

impl Default for RepairOptions {
    fn default() -> Self {
        Self { concurrency: 4 }
    }
}

impl RepairOptions {
    /// Reads or fetches this many blobs at once.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency;
        self
    }
}

/// What [`LayoutStore::repair`] did.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RepairReport {
    /// What is there again.
    pub repaired: Vec<Descriptor>,
    /// What is not.
    pub failed: Vec<Unrepaired>,
}

/// Content that could not be mended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Unrepaired {
    /// What should be there.
    pub content: Descriptor,
    /// Why it is not. What was there before still is.
    pub error: Error,
}

impl LayoutStore {
    /// [Checks](Self::check) the layout, and fetches what is damaged or missing from another store, by its descriptor.
    ///
    /// A damaged blob is replaced in one step, once its new content is complete and verified. What a mended manifest refers
    /// to is looked for in turn. `index.json` stays as it is. Damaged blobs that nothing names are fetched where `from`
    /// knows their digest.
    ///
    /// # Errors
    ///
    /// What could not be mended is in the report. These are errors: as in [`check`](Self::check).
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
            // What was whole at first still is.
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
        // All of this is about one copy of the content: there is no need to say whose fault it is.
        stored.map(drop).map_err(Error::into_inner)
    }
}

/// Content that is to be fetched.
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
