//! Stores that fail: which side is blamed, what is sent when, and what may be missing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use oras_content::{
    Content, Deleter, Descriptor, Error, ErrorKind, ImageIndex, ImageManifest, Location, Name, Offered,
    OpenOptions, Opened, Payload, PredecessorFinder, PushOptions, Pushed, ResolveOptions, Resolved, Result,
    Store, StoreExt, Tag, Writer, WriterExt,
};
use oras_copy::{
    CopyError, CopyOptions, Event, ExtendedCopyOptions, Operation, Outcome, Side, copy_graph,
    extended_copy_graph, plan_extended,
};
use oras_memory::MemoryStore;

use crate::graph::{artifact, blob, large, push, referrer};
use crate::recorder::{Call, Recorder};

named!(Failing, Full, Counting, Endless, Bodies);

/// A source that has lost the content of one blob, or breaks off halfway through it.
#[derive(Clone)]
struct Failing {
    store: MemoryStore,
    breaks_off: bool,
}

#[async_trait]
impl Store for Failing {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        if target.title() != Some("lost") {
            return self.store.open(target, opts).await;
        }
        if !self.breaks_off {
            return Err(Error::not_found("the lost blob"));
        }
        let frames = [
            Ok(Bytes::from_static(b"lo")),
            Err(Error::storage("the lost blob", "broke off")),
        ];
        let content = Content::new(futures_util::stream::iter(frames), Some(4));
        Ok(Opened::new(content, 0..4))
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.store.resolve_opts(name, opts).await
    }
}

async fn with_lost_blob(store: &MemoryStore) -> Descriptor {
    let lost = blob(store, "lost")
        .await
        .with_annotation("org.opencontainers.image.title", "lost");
    let mut manifest = ImageManifest::new(blob(store, "config").await);
    manifest.layers = vec![blob(store, "kept").await, lost];
    push(store, manifest.to_content()).await
}

#[tokio::test]
async fn a_source_that_fails_is_blamed_and_named() {
    for breaks_off in [false, true] {
        let store = MemoryStore::new();
        let root = with_lost_blob(&store).await;
        let from = Failing { store, breaks_off };
        let to = Recorder::default();
        let error = copy_graph(&from, &to, &root, &CopyOptions::default())
            .await
            .unwrap_err();
        assert_eq!((error.operation, error.side), (Operation::Fetch, Side::Source));
        assert_eq!(error.to_string(), "cannot fetch \"lost\" at the source Failing");
        assert_eq!(error.source.subject().unwrap().as_str(), "the lost blob");
        assert!(!to.store.exists(&root).await.unwrap());
    }
}

/// A destination that is full.
#[derive(Clone, Default)]
struct Full(MemoryStore);

#[async_trait]
impl Store for Full {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.0.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.0.resolve_opts(name, opts).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.0.exists(target).await
    }
}

#[async_trait]
impl Writer for Full {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        let _ = (expected, payload, opts);
        Err(Error::storage("the disk", "it is full"))
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.0.set_tag(target, tag).await
    }
}

#[tokio::test]
async fn a_destination_that_fails_is_blamed() {
    let store = MemoryStore::new();
    let root = with_lost_blob(&store).await;
    let error = copy_graph(&store, &Full::default(), &root, &CopyOptions::default())
        .await
        .unwrap_err();
    assert_eq!(
        (error.operation, error.side),
        (Operation::Push, Side::Destination)
    );
}

/// Counts concurrent pushes of blobs.
#[derive(Clone, Default)]
struct Counting {
    inner: Recorder,
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

#[async_trait]
impl Store for Counting {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.inner.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.inner.resolve_opts(name, opts).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.inner.exists(target).await
    }

    fn location(&self) -> Option<Location> {
        self.inner.location()
    }
}

#[async_trait]
impl Writer for Counting {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        let pushed = self.inner.push_opts(expected, payload, opts).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        pushed
    }

    async fn offer(&self, expected: &Descriptor, opts: &PushOptions) -> Result<Offered> {
        self.inner.offer(expected, opts).await
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.inner.set_tag(target, tag).await
    }
}

#[tokio::test]
async fn refused_mounts_send_no_more_blobs_at_once_than_allowed() {
    let store = MemoryStore::new();
    let layers: Vec<String> = (0..12).map(large).collect();
    let layers: Vec<&str> = layers.iter().map(String::as_str).collect();
    let root = artifact(&store, &layers).await;
    let mut from = Recorder::over(&store);
    from.location = Some(("reg.example".into(), "from".into()));
    for limit in [1, 3] {
        let to = Counting {
            inner: Recorder {
                location: Some(("reg.example".into(), "to".into())),
                ..Recorder::default()
            },
            ..Counting::default()
        };
        copy_graph(&from, &to, &root, &CopyOptions::default().with_concurrency(limit))
            .await
            .unwrap();
        assert_eq!(to.inner.count(|call| matches!(call, Call::Mount(..))), 13);
        assert_eq!(to.most.load(Ordering::SeqCst), limit);
    }
}

#[tokio::test]
async fn an_absent_subject_is_left_out_and_told() {
    let source = MemoryStore::new();
    let subject = artifact(&source, &["a"]).await;
    let attached = referrer(&source, &subject, "signature").await;
    let nested = referrer(&source, &attached, "timestamp").await;
    source.delete(&subject).await.unwrap();
    let absent = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&absent);
    let options = CopyOptions::default().with_events(Arc::new(move |event: Event<'_>| {
        if let Event::Finished {
            node,
            outcome: Outcome::Absent,
            ..
        } = event
        {
            seen.lock().unwrap().push(node.digest.clone());
        }
    }));

    let to = MemoryStore::new();
    copy_graph(&source, &to, &nested, &options).await.unwrap();
    assert!(to.exists(&nested).await.unwrap() && to.exists(&attached).await.unwrap());
    assert_eq!(*absent.lock().unwrap(), std::slice::from_ref(&subject.digest));

    let to = MemoryStore::new();
    let options = ExtendedCopyOptions::default();
    extended_copy_graph(&source, &to, &attached, &options)
        .await
        .unwrap();
    assert!(to.exists(&nested).await.unwrap());
}

#[tokio::test]
async fn a_manifest_that_is_absent_and_needed_is_an_error() {
    let source = MemoryStore::new();
    let subject = artifact(&source, &["a"]).await;
    let attached = referrer(&source, &subject, "signature").await;
    let index = push(
        &source,
        ImageIndex::new(vec![attached, subject.clone()]).to_content(),
    )
    .await;
    source.delete(&subject).await.unwrap();
    let error = copy_graph(&source, &MemoryStore::new(), &index, &CopyOptions::default())
        .await
        .unwrap_err();
    assert!(error.source.is_not_found(), "{error:?}");
    assert_eq!(error.side, Side::Source);
}

/// A source in which every manifest has one more referrer.
#[derive(Clone)]
struct Endless(MemoryStore);

#[async_trait]
impl Store for Endless {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.0.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.0.resolve_opts(name, opts).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.0.exists(target).await
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        Some(self)
    }
}

#[async_trait]
impl PredecessorFinder for Endless {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        Ok(vec![referrer(&self.0, node, "signature").await])
    }
}

#[tokio::test]
async fn a_chain_of_referrers_without_an_end_ends() {
    let store = MemoryStore::new();
    let root = artifact(&store, &["a"]).await;
    let to = Recorder::default();
    let options = ExtendedCopyOptions::default().with_max_manifests(1000);
    let error = extended_copy_graph(&Endless(store.clone()), &to, &root, &options)
        .await
        .unwrap_err();
    assert_endless(&error);
    // The nodes found until then may have been copied, but no more.
    let pushed = to.count(|call| matches!(call, Call::Push(_)));
    assert!(pushed <= 2 * 1000 + 2, "{pushed}");

    store.tag(&root, "v1").await.unwrap();
    let to = Recorder::default();
    let source = Endless(store);
    let planned = plan_extended(&source, "v1", &to, "", &options).await;
    assert_endless(&planned.unwrap_err());
    assert!(to.calls().is_empty());
}

fn assert_endless(error: &CopyError) {
    assert!(
        matches!(
            error.source.kind(),
            ErrorKind::TooMany {
                unit: "manifests",
                limit: 1000,
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_deep_chain_of_referrers_is_copied() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a"]).await;
    let mut last = root.clone();
    for level in 0..2000 {
        last = referrer(&source, &last, &level.to_string()).await;
    }
    let to = MemoryStore::new();
    extended_copy_graph(&source, &to, &root, &ExtendedCopyOptions::default())
        .await
        .unwrap();
    assert!(to.exists(&last).await.unwrap());
}

/// Records every body that reaches the store.
#[derive(Clone, Default)]
struct Bodies {
    store: MemoryStore,
    unverified: Arc<AtomicUsize>,
    manifests: Arc<AtomicUsize>,
}

#[async_trait]
impl Store for Bodies {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.store.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.store.resolve_opts(name, opts).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.store.exists(target).await
    }
}

#[async_trait]
impl Writer for Bodies {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        if expected.is_manifest() {
            self.manifests.fetch_add(1, Ordering::SeqCst);
            self.unverified
                .fetch_add(usize::from(payload.as_verified().is_none()), Ordering::SeqCst);
        }
        self.store.push_opts(expected, payload, opts).await
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.store.set_tag(target, tag).await
    }
}

#[tokio::test]
async fn every_manifest_reaches_the_store_verified() {
    let source = MemoryStore::new();
    let mut images = Vec::new();
    for name in ["a", "b", "c"] {
        images.push(artifact(&source, &[name]).await);
    }
    let root = push(&source, ImageIndex::new(images).to_content()).await;
    let to = Bodies::default();
    copy_graph(&source, &to, &root, &CopyOptions::default())
        .await
        .unwrap();
    assert_eq!(to.manifests.load(Ordering::SeqCst), 4);
    assert_eq!(to.unverified.load(Ordering::SeqCst), 0);
}

/// P10, P12: a copy dropped at any point can be run again, and its tag never precedes its content.
#[tokio::test]
async fn a_copy_that_is_dropped_at_any_await_completes_when_it_is_run_again() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["one", "two"]).await;
    source.tag(&root, "v1").await.unwrap();
    for polls in 0.. {
        let to = Recorder::default();
        let options = CopyOptions::default();
        let mut copying = Box::pin(oras_copy::copy(&source, "v1", &to, "v1", &options));
        let done = (0..polls).any(|_| {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            copying.as_mut().poll(&mut context).is_ready()
        });
        drop(copying);
        let is_tagged = to.store.resolve("v1").await.is_ok();
        assert_eq!(is_tagged, to.store.exists(&root).await.unwrap() && is_tagged);
        oras_copy::copy(&source, "v1", &to, "v1", &options).await.unwrap();
        assert!(to.store.exists(&root).await.unwrap());
        if done {
            return;
        }
        assert!(polls < 1000, "the copy never ends");
    }
}
