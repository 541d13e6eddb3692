//! Deduplication: when several copies push the same blob at the same time, one pushes it, and the others use the result.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::lock::Mutex as AsyncMutex;
use oras_content::{
    Batch, ContentLister, Deleter, Descriptor, Digest, Location, Name, Offered, OpenOptions, OpenUpload,
    Opened, Payload, PredecessorFinder, PushOptions, Pushed, ReferrerKeeper, ReferrerLister, ResolveOptions,
    Resolved, Result, Stager, Store, Tag, TagLister, Untagger, Writer,
};

/// Maximum number of blobs that are tracked; further blobs are pushed without waiting.
const MOST: usize = 100_000;

/// The blobs that were or are being pushed to a registry, and the first repository that got each of them.
#[derive(Default)]
pub(crate) struct PushTurns(Mutex<HashMap<Key, Turn>>);

/// A blob, and the registry it is pushed to, if the destination is a registry.
type Key = (Digest, Option<String>);
type Turn = Arc<AsyncMutex<Option<Location>>>;

impl PushTurns {
    fn of(&self, blob: &Digest, to: Option<Location>) -> Turn {
        let key = (blob.clone(), to.map(|to| to.registry));
        // Each change is atomic, so a poisoned lock is safe to use.
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match turns.get(&key) {
            Some(turn) => Arc::clone(turn),
            None if turns.len() >= MOST => Turn::default(),
            None => Arc::clone(turns.entry(key).or_default()),
        }
    }
}

/// A destination that pushes a blob only while no other copy pushes it.
pub(crate) struct Once<'a> {
    pub(crate) inner: &'a dyn Writer,
    pub(crate) first: &'a PushTurns,
}

impl fmt::Display for Once<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Store for Once<'_> {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.inner.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.inner.resolve_opts(name, opts).await
    }

    async fn resolve_blob(&self, digest: &Digest) -> Result<Descriptor> {
        self.inner.resolve_blob(digest).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.inner.exists(target).await
    }

    fn location(&self) -> Option<Location> {
        self.inner.location()
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }

    /// None, because content is pushed whole.
    fn stager(&self) -> Option<&dyn Stager> {
        None
    }

    /// None, because a copy deletes nothing.
    fn deleter(&self) -> Option<&dyn Deleter> {
        None
    }

    fn untagger(&self) -> Option<&dyn Untagger> {
        None
    }

    fn tag_lister(&self) -> Option<&dyn TagLister> {
        self.inner.tag_lister()
    }

    fn content_lister(&self) -> Option<&dyn ContentLister> {
        self.inner.content_lister()
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        self.inner.predecessor_finder()
    }

    fn referrer_lister(&self) -> Option<&dyn ReferrerLister> {
        self.inner.referrer_lister()
    }

    fn referrer_keeper(&self) -> Option<&dyn ReferrerKeeper> {
        self.inner.referrer_keeper()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Writer for Once<'_> {
    async fn push_opts(
        &self,
        expected: &Descriptor,
        payload: Payload,
        mut opts: PushOptions,
    ) -> Result<Pushed> {
        if expected.is_manifest() {
            return self.inner.push_opts(expected, payload, opts).await;
        }
        let turn = self.first.of(&expected.digest, self.location());
        let mut first = turn.lock().await;
        opts.mount_from.extend(first.clone());
        if !opts.mount_from.is_empty() {
            // The blob can be mounted, so others need not wait for this push.
            drop(first);
            return self.inner.push_opts(expected, payload, opts).await;
        }
        let pushed = self.inner.push_opts(expected, payload, opts).await?;
        *first = self.location();
        Ok(pushed)
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.inner.set_tag(target, tag).await
    }

    async fn offer(&self, expected: &Descriptor, opts: &PushOptions) -> Result<Offered> {
        self.inner.offer(expected, opts).await
    }

    async fn abandon(&self, upload: OpenUpload) {
        self.inner.abandon(upload).await;
    }

    /// Jobs that write to one layout take turns as a whole, so the batch needs no turn.
    fn batch(&self) -> Option<Box<dyn Batch + '_>> {
        self.inner.batch()
    }
}
