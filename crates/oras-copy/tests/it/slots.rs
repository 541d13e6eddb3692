//! Slots: copies that share them do no more at once than a single copy would.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use oras_content::{
    Descriptor, Name, OpenOptions, Opened, Payload, PushOptions, Pushed, ResolveOptions, Resolved, Result,
    Store, Tag, Writer,
};
use oras_copy::{CopyOptions, Slots, copy_graph};
use oras_memory::MemoryStore;

use crate::graph::{artifact, large};

named!(Busy);

/// A destination that counts concurrent pushes of blobs.
#[derive(Default)]
struct Busy {
    store: MemoryStore,
    now: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl Store for Busy {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.store.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.store.resolve_opts(name, opts).await
    }
}

#[async_trait]
impl Writer for Busy {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        if expected.is_manifest() {
            return self.store.push_opts(expected, payload, opts).await;
        }
        let now = 1 + self.now.fetch_add(1, Ordering::Relaxed);
        self.most.fetch_max(now, Ordering::Relaxed);
        // Let other pushes run.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        self.now.fetch_sub(1, Ordering::Relaxed);
        self.store.push_opts(expected, payload, opts).await
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.store.set_tag(target, tag).await
    }
}

async fn most_at_once(options: &CopyOptions, content: fn(&'static str) -> String) -> usize {
    let (source, to) = (MemoryStore::new(), Busy::default());
    let (one, other) = (["a", "b", "c"].map(content), ["d", "e", "f"].map(content));
    let one = artifact(&source, &one.each_ref().map(String::as_str)).await;
    let other = artifact(&source, &other.each_ref().map(String::as_str)).await;
    let (first, second) = tokio::join!(
        copy_graph(&source, &to, &one, options),
        copy_graph(&source, &to, &other, options)
    );
    first.and(second).unwrap();
    to.most.load(Ordering::Relaxed)
}

#[tokio::test]
async fn copies_share_slots() {
    let options = CopyOptions::default();
    assert_eq!(most_at_once(&options, large).await, 8);
    let shared = options.with_slots(Slots::new(3, 2));
    assert_eq!(most_at_once(&shared, large).await, 3);
}

#[tokio::test]
async fn four_small_blobs_take_one_slot() {
    let shared = CopyOptions::default().with_slots(Slots::new(2, 2));
    assert_eq!(most_at_once(&shared, large).await, 2);
    assert_eq!(most_at_once(&shared, str::to_owned).await, 8);
}

#[tokio::test]
async fn there_is_always_one_slot() {
    let none = CopyOptions::default().with_slots(Slots::new(0, 0));
    assert_eq!(most_at_once(&none, str::to_owned).await, 1);
}
