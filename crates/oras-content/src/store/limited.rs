//! `Limited`: a store with an upper bound on the size of pushed content.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::*;
use crate::{Descriptor, Digest, Error, Name, Payload, Result, Tag};

/// A wrapper around a store that rejects content above a size limit.
///
/// Content that is too large is rejected with [`ErrorKind::SizeExceedsLimit`](crate::ErrorKind::SizeExceedsLimit)
/// before its payload is opened, unless the store already has it. The limit applies to each content separately. Reads
/// are not limited.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oras_content::Error> {
/// use oras_content::{ErrorKind, Limited, MediaType, WriterExt};
/// use oras_memory::MemoryStore;
///
/// let store = Limited::new(MemoryStore::new(), 5);
/// store.push_bytes(MediaType::OCTET_STREAM, "hello").await?;
/// let error = store.push_bytes(MediaType::OCTET_STREAM, "hello!").await.unwrap_err();
/// assert_eq!(error.kind(), &ErrorKind::SizeExceedsLimit { limit: 5 });
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Limited<S> {
    store: S,
    limit: u64,
}

impl<S: Store> Limited<S> {
    /// Wraps `store`, accepting content of at most `limit` bytes.
    pub fn new(store: S, limit: u64) -> Self {
        Self { store, limit }
    }

    /// Returns the limit in bytes.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Returns the wrapped store.
    pub fn into_inner(self) -> S {
        self.store
    }

    /// Whether to push the content. Content above the limit is an error unless the store already has it.
    async fn takes(&self, expected: &Descriptor, force: bool) -> Result<bool> {
        if expected.size <= self.limit {
            return Ok(true);
        }
        if !force && self.store.exists(expected).await? {
            return Ok(false);
        }
        Err(Error::size_exceeds_limit(expected, self.limit))
    }
}

impl<S: fmt::Display> fmt::Display for Limited<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Store> Store for Limited<S> {
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

    fn location(&self) -> Option<Location> {
        self.store.location()
    }

    fn writer(&self) -> Option<&dyn Writer> {
        self.store.writer().map(|_| self as &dyn Writer)
    }

    fn stager(&self) -> Option<&dyn Stager> {
        self.store.stager().map(|_| self as &dyn Stager)
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

    fn referrer_keeper(&self) -> Option<&dyn ReferrerKeeper> {
        self.store.referrer_keeper()
    }
}

/// Writing to a read-only store fails with [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported).
#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Store> Writer for Limited<S> {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        let writer = self.store.as_writer()?;
        if self.takes(expected, opts.force).await? {
            return writer.push_opts(expected, payload, opts).await;
        }
        for tag in &opts.tags {
            writer.set_tag(expected, tag).await?;
        }
        Ok(Pushed::Present)
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.store.as_writer()?.set_tag(target, tag).await
    }

    async fn offer(&self, expected: &Descriptor, opts: &PushOptions) -> Result<Offered> {
        let writer = self.store.as_writer()?;
        match self.takes(expected, opts.force).await? {
            true => writer.offer(expected, opts).await,
            false => Ok(Offered::Present),
        }
    }

    async fn abandon(&self, upload: OpenUpload) {
        if let Some(writer) = self.store.writer() {
            writer.abandon(upload).await;
        }
    }

    fn batch(&self) -> Option<Box<dyn Batch + '_>> {
        let batch = self.store.writer()?.batch()?;
        Some(Box::new(Limited::new(batch, self.limit)))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Batch> Batch for Limited<S> {
    async fn flush(&self) -> Result<()> {
        self.store.flush().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Store> Stager for Limited<S> {
    async fn stage(&self, opts: StageOptions) -> Result<Box<dyn Staged>> {
        Ok(Box::new(LimitedStaged {
            staged: self.store.as_stager()?.stage(opts).await?,
            limit: self.limit,
            store: self.store.to_string(),
            refused: false,
        }))
    }

    fn keeps(&self) -> bool {
        self.store.stager().is_some_and(Stager::keeps)
    }

    async fn expire(&self, age: Duration) -> Result<()> {
        self.store.as_stager()?.expire(age).await
    }
}

struct LimitedStaged {
    staged: Box<dyn Staged>,
    limit: u64,
    store: String,
    /// Set once bytes were rejected: the staged content is then incomplete.
    refused: bool,
}

impl LimitedStaged {
    /// Rejects bytes at `offset` that would exceed the limit.
    fn check(&mut self, offset: u64, bytes: &Bytes) -> Result<()> {
        if offset.saturating_add(bytes.len() as u64) <= self.limit {
            return Ok(());
        }
        self.refused = true;
        let what = format!("content under way to {}", self.store);
        Err(Error::size_exceeds_limit(what, self.limit))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Staged for LimitedStaged {
    fn len(&self) -> u64 {
        self.staged.len()
    }

    fn is_empty(&self) -> bool {
        self.staged.is_empty()
    }

    fn holes(&self) -> Vec<Range<u64>> {
        self.staged.holes()
    }

    async fn append(&mut self, bytes: Bytes) -> Result<()> {
        self.check(self.len(), &bytes)?;
        self.staged.append(bytes).await
    }

    async fn write_at(&mut self, offset: u64, bytes: Bytes) -> Result<()> {
        self.check(offset, &bytes)?;
        self.staged.write_at(offset, bytes).await
    }

    async fn flush(&mut self) -> Result<()> {
        self.staged.flush().await
    }

    async fn discard(self: Box<Self>) {
        self.staged.discard().await;
    }

    async fn commit(self: Box<Self>, expected: &Descriptor) -> Result<Pushed> {
        // Content kept by an earlier run may exceed the limit.
        if self.refused || expected.size > self.limit {
            self.staged.discard().await;
            return Err(Error::size_exceeds_limit(expected, self.limit));
        }
        self.staged.commit(expected).await
    }
}
