//! The fallback: where content goes that has no title.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use oras_conformance::Suite;
use oras_content::{
    Descriptor, ErrorKind, ImageManifest, MediaType, Name, OpenOptions, Opened, Payload, PushOptions, Pushed,
    ResolveOptions, Resolved, Result, StageOptions, Store, StoreExt, Tag, Verified, Writer, WriterExt,
};
use oras_file::{FileOptions, FileStore};
use oras_memory::{MemoryOptions, MemoryStore};

use crate::{names, push, titled};

const TYPE: MediaType = MediaType::OCTET_STREAM;

fn store(dir: &Path, fallback: &MemoryStore) -> FileStore {
    let opts = FileOptions::default().with_fallback_limit(1000);
    FileStore::with_fallback(dir, opts, Arc::new(fallback.clone()))
}

fn manifest(layers: &[Descriptor]) -> Verified {
    let mut manifest = ImageManifest::new(Descriptor::empty_json());
    manifest.layers = layers.to_vec();
    manifest.to_content()
}

async fn push_manifest(store: &FileStore, layers: &[Descriptor]) -> Descriptor {
    let content = manifest(layers);
    let target = content.descriptor().clone();
    store.push(&target, content).await.unwrap();
    target
}

#[tokio::test]
async fn a_store_with_a_fallback_keeps_its_promises() {
    let root = tempfile::tempdir().unwrap();
    let next = std::sync::atomic::AtomicUsize::new(0);
    Suite::new(|| async {
        let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let dir = root.path().join(number.to_string());
        FileStore::with_fallback(dir, FileOptions::default(), Arc::new(MemoryStore::new()))
    })
    .with_ranges()
    .with_manifests()
    .with_names()
    .with_tag_list()
    .with_predecessors()
    .with_staged_ranges()
    .with_content_list()
    .run()
    .await;
}

#[tokio::test]
async fn what_has_no_title_goes_there_whatever_its_size() {
    let (dir, memory) = (tempfile::tempdir().unwrap(), MemoryStore::new());
    let store = store(dir.path(), &memory);
    let long = store.push_bytes(TYPE, vec![7; 2000]).await.unwrap();
    push(&store, "file", "titled").await.unwrap();
    assert!(memory.exists(&long).await.unwrap());
    assert!(!memory.exists(&titled("file", "titled")).await.unwrap());
    assert_eq!(store.fetch_all(&long, 2000).await.unwrap().bytes().len(), 2000);
    assert_eq!(names(dir.path()), ["file"]);

    let stager = store.stager().unwrap();
    let mut staged = stager.stage(StageOptions::default()).await.unwrap();
    staged.append(vec![8; 3000].into()).await.unwrap();
    let staged_long = Descriptor::of(TYPE, &[8; 3000]);
    assert_eq!(staged.commit(&staged_long).await.unwrap(), Pushed::Stored);
    assert!(memory.exists(&staged_long).await.unwrap());
    assert_eq!(names(dir.path()), ["file"]);
}

#[tokio::test]
async fn a_manifest_has_to_fit_into_memory() {
    let (dir, memory) = (tempfile::tempdir().unwrap(), MemoryStore::new());
    let mut large = Descriptor::of(MediaType::OCI_MANIFEST, b"");
    large.size = 1001;
    let opened = Payload::from_bytes("").observed(|_| panic!("the payload was opened"));
    let error = store(dir.path(), &memory).push(&large, opened).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::SizeExceedsLimit { limit: 1000 });
}

#[tokio::test]
async fn the_limit_of_the_fallback_counts() {
    let dir = tempfile::tempdir().unwrap();
    let memory = MemoryStore::with_options(MemoryOptions::default().with_limit(5));
    let store = store(dir.path(), &memory);
    store.push_bytes(TYPE, "hello").await.unwrap();
    let error = store.push_bytes(TYPE, "more").await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::SizeExceedsLimit { limit: 5 });
}

#[tokio::test]
async fn a_manifest_of_an_earlier_pull_does_not_stand_for_its_files() {
    let memory = MemoryStore::new();
    let layers = [titled("a", "same")];
    let first = tempfile::tempdir().unwrap();
    push(&store(first.path(), &memory), "a", "same").await.unwrap();
    let root = push_manifest(&store(first.path(), &memory), &layers).await;

    let second = tempfile::tempdir().unwrap();
    let store = store(second.path(), &memory);
    assert!(memory.exists(&root).await.unwrap());
    assert!(!store.exists(&root).await.unwrap());
    assert_eq!(store.resolve(&root.digest).await.unwrap(), root);

    push(&store, "a", "same").await.unwrap();
    let again = store.push(&root, manifest(&layers)).await.unwrap();
    assert_eq!(again, Pushed::Present);
    assert!(store.exists(&root).await.unwrap());
    assert_eq!(fs::read_to_string(second.path().join("a")).unwrap(), "same");
}

#[tokio::test]
async fn content_that_layers_share_may_stay_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let opts = FileOptions::default().with_duplicates_restored(false);
    let store = FileStore::with_options(dir.path(), opts);
    push(&store, "a", "same").await.unwrap();
    push_manifest(&store, &[titled("a", "same"), titled("b", "same")]).await;
    assert_eq!(names(dir.path()), ["a"]);
}

/// A store that can do no more than every writer.
struct Plain(MemoryStore);

impl std::fmt::Display for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a plain store")
    }
}

#[async_trait]
impl Store for Plain {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.0.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.0.resolve_opts(name, opts).await
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }
}

#[async_trait]
impl Writer for Plain {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        self.0.push_opts(expected, payload, opts).await
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.0.set_tag(target, tag).await
    }
}

#[tokio::test]
async fn what_the_fallback_cannot_the_store_does_not_claim() {
    let dir = tempfile::tempdir().unwrap();
    let plain = Arc::new(Plain(MemoryStore::new()));
    let store = FileStore::with_fallback(dir.path(), FileOptions::default(), plain);
    assert!(store.content_lister().is_none() && store.predecessor_finder().is_none());
    push(&store, "a", "same").await.unwrap();
    let root = push_manifest(&store, &[titled("a", "same")]).await;
    store.tag(&root, "v1").await.unwrap();
    assert_eq!(store.resolve("v1").await.unwrap(), root);
    assert!(store.fetch_manifest(&root, 1000).await.is_ok());
}
