//! Width: how many small blobs and manifests are transferred at once, which depends on how long the stores take to
//! answer, and how many wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use oras_content::{
    Descriptor, ImageIndex, ImageManifest, Location, Name, OpenOptions, Opened, Payload, PushOptions, Pushed,
    ResolveOptions, Resolved, Result, Store, Tag, Writer,
};
use oras_copy::{CopyOptions, Event, copy_graph};
use oras_memory::MemoryStore;

use crate::graph::{artifact, blob, push};
use crate::recorder::{Call, Recorder};

named!(Far);

/// A destination that takes a while for each push, and counts those under way at once.
struct Far {
    inner: Recorder,
    takes: Duration,
    now: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl Store for Far {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.inner.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.inner.resolve_opts(name, opts).await
    }

    fn location(&self) -> Option<Location> {
        self.inner.location()
    }
}

#[async_trait]
impl Writer for Far {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        self.most
            .fetch_max(1 + self.now.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        tokio::time::sleep(self.takes).await;
        self.now.fetch_sub(1, Ordering::Relaxed);
        self.inner.push_opts(expected, payload, opts).await
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.inner.set_tag(target, tag).await
    }
}

fn at(repository: Option<&str>) -> Recorder {
    Recorder {
        location: repository.map(|name| ("reg.example".into(), name.into())),
        ..Recorder::default()
    }
}

fn far(inner: Recorder, milliseconds: u64) -> Far {
    Far {
        inner,
        takes: Duration::from_millis(milliseconds),
        now: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
    }
}

/// Copies a graph with a concurrency of 4. Returns the highest number of pushes at once.
async fn most_at_once(
    graph: (&MemoryStore, &Descriptor),
    from: Option<&str>,
    to: Option<&str>,
    milliseconds: u64,
) -> usize {
    let (store, root) = (graph.0.clone(), graph.1);
    let source = Recorder { store, ..at(from) };
    let destination = far(at(to), milliseconds);
    let options = CopyOptions::default().with_concurrency(4).with_mount(false);
    copy_graph(&source, &destination, root, &options).await.unwrap();
    destination.most.into_inner()
}

async fn most_blobs(from: Option<&str>, to: Option<&str>, milliseconds: u64) -> usize {
    let store = MemoryStore::new();
    let layers: Vec<String> = (0..40).map(|number| format!("layer {number}")).collect();
    let layers: Vec<&str> = layers.iter().map(String::as_str).collect();
    let root = artifact(&store, &layers).await;
    most_at_once((&store, &root), from, to, milliseconds).await
}

async fn most_manifests(to: Option<&str>, milliseconds: u64) -> usize {
    let store = MemoryStore::new();
    let layer = blob(&store, "layer").await;
    let mut index = ImageIndex::new(Vec::new());
    for number in 0..100 {
        let mut image = ImageManifest::new(layer.clone());
        image.annotations.insert("number".into(), number.to_string());
        index.manifests.push(push(&store, image.to_content()).await);
    }
    let root = push(&store, index.to_content()).await;
    most_at_once((&store, &root), None, to, milliseconds).await
}

#[tokio::test(start_paused = true)]
async fn small_blobs_share_room_if_a_registry_takes_long() {
    assert_eq!(most_blobs(Some("from"), None, 30).await, 16);
    assert_eq!(most_blobs(None, Some("to"), 30).await, 16);
}

#[tokio::test(start_paused = true)]
async fn small_blobs_do_not_share_room_if_a_registry_answers_soon() {
    assert_eq!(most_blobs(Some("from"), Some("to"), 5).await, 4);
}

#[tokio::test(start_paused = true)]
async fn small_blobs_do_not_share_room_between_local_stores() {
    assert_eq!(most_blobs(None, None, 30).await, 4);
}

#[tokio::test(start_paused = true)]
async fn twice_as_many_manifests_are_pushed_at_once_to_a_registry_that_takes_long() {
    assert_eq!(most_manifests(Some("to"), 30).await, 64);
    assert_eq!(most_manifests(Some("to"), 5).await, 32);
    assert_eq!(most_manifests(None, 30).await, 32);
}

/// Copies an index of images with one layer each. Returns the number of pushes, and the highest number of blobs that had
/// been discovered and were not finished.
async fn most_waiting(from: Option<&str>, to: Option<&str>, images: usize) -> (usize, usize) {
    let store = MemoryStore::new();
    let config = blob(&store, "config").await;
    let mut index = ImageIndex::new(Vec::new());
    for number in 0..images {
        let mut image = ImageManifest::new(config.clone());
        image.layers = vec![blob(&store, &format!("layer {number}")).await];
        index.manifests.push(push(&store, image.to_content()).await);
    }
    let root = push(&store, index.to_content()).await;
    let source = Recorder { store, ..at(from) };
    let destination = far(at(to), 30);
    let waiting = Arc::new([const { AtomicUsize::new(0) }; 2]);
    let counts = Arc::clone(&waiting);
    let options = CopyOptions::default().with_events(Arc::new(move |event: Event<'_>| match event {
        Event::Discovered { node, .. } if !node.is_manifest() => {
            let now = 1 + counts[0].fetch_add(1, Ordering::Relaxed);
            counts[1].fetch_max(now, Ordering::Relaxed);
        }
        Event::Finished { node, .. } if !node.is_manifest() => {
            counts[0].fetch_sub(1, Ordering::Relaxed);
        }
        _ => {}
    }));
    copy_graph(&source, &destination, &root, &options).await.unwrap();
    let pushes = destination.inner.count(|call| matches!(call, Call::Push(_)));
    (pushes, waiting[1].load(Ordering::Relaxed))
}

#[tokio::test(start_paused = true)]
async fn manifests_are_not_read_far_ahead_of_their_blobs() {
    for (from, to) in [(None, None), (None, Some("to")), (Some("from"), Some("to"))] {
        let (pushes, most) = most_waiting(from, to, 3000).await;
        assert_eq!(pushes, 3000 + 3000 + 2);
        assert!((1000..1200).contains(&most), "{most} blobs waited");
    }
}
