//! Tagging, resolving and reading by name.

use std::sync::atomic::{AtomicUsize, Ordering};

use oras_content::{
    Descriptor, ErrorKind, MediaType, Name, OpenOptions, Opened, Platform, ResolveOptions, Resolved, Result,
    Store, StoreExt, WriterExt,
};
use oras_copy::{
    CopyOptions, FetchOptions, Operation, Side, copy, fetch, fetch_bytes, resolve, tag, tag_bytes, tag_n,
};
use oras_memory::MemoryStore;

use crate::graph::{artifact, index};
use crate::recorder::Recorder;

#[tokio::test]
async fn many_tags_are_given_at_once() {
    let store = MemoryStore::new();
    let root = artifact(&store, &["a"]).await;
    tag(&store, root.digest.as_str(), "v1").await.unwrap();
    tag_n(&store, "v1", &["v2", "v3"]).await.unwrap();
    for name in ["v1", "v2", "v3"] {
        assert_eq!(store.resolve(name).await.unwrap().digest, root.digest);
    }
    assert!(
        matches!(tag_n(&store, "v1", &[]).await, Err(error) if matches!(error.kind(), ErrorKind::MissingName))
    );
    assert!(
        matches!(tag(&store, "none", "v4").await, Err(error) if matches!(error.kind(), ErrorKind::NotFound))
    );
}

#[tokio::test]
async fn bytes_are_pushed_and_named_even_where_they_are_there_already() {
    let store = MemoryStore::new();
    for _ in 0..2 {
        tag_bytes(&store, MediaType::from_static("text/plain"), "hi", &["a", "b"])
            .await
            .unwrap();
    }
    let read = fetch_bytes(&store, "b", &FetchOptions::default()).await.unwrap();
    assert_eq!(read.bytes(), "hi");
}

#[tokio::test]
async fn a_platform_is_resolved_and_read() {
    let store = MemoryStore::new();
    let (root, images) = index(&store).await;
    let arm = Platform::new("linux", "arm64");
    let found = resolve(&store, "v1", &FetchOptions::default().with_platform(arm.clone()))
        .await
        .unwrap();
    assert_eq!(found.digest, images[1].digest);
    assert_eq!(store.resolve("v1").await.unwrap().digest, root.digest);
    let read = fetch_bytes(&store, "v1", &FetchOptions::default().with_platform(arm))
        .await
        .unwrap();
    assert_eq!(read.descriptor().digest, images[1].digest);
}

#[tokio::test]
async fn content_beyond_the_limit_is_refused() {
    let store = MemoryStore::new();
    index(&store).await;
    let narrow = FetchOptions::default().with_limit(10);
    let of_arm = narrow.clone().with_platform(Platform::new("linux", "arm64"));
    for error in [
        resolve(&store, "v1", &of_arm).await.map(drop).unwrap_err(),
        fetch(&store, "v1", &of_arm).await.map(drop).unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::SizeExceedsLimit { limit: 10 }));
    }
    assert!(resolve(&store, "v1", &narrow).await.is_ok(), "nothing is read");
    let read = fetch_bytes(&store, "v1", &narrow).await;
    assert!(matches!(
        read.unwrap_err().kind(),
        ErrorKind::SizeExceedsLimit { limit: 10 }
    ));
}

#[tokio::test]
async fn a_digest_as_destination_must_be_the_one_copied() {
    let store = MemoryStore::new();
    let root = artifact(&store, &["a"]).await;
    store.tag(&root, "v1").await.unwrap();
    let to = MemoryStore::new();
    copy(&store, "v1", &to, root.digest.as_str(), &CopyOptions::default())
        .await
        .unwrap();
    let other = Descriptor::empty_json().digest;
    let error = copy(&store, "v1", &to, other.as_str(), &CopyOptions::default())
        .await
        .unwrap_err();
    assert_eq!((error.operation, error.side), (Operation::Tag, Side::Destination));
    let error = copy(&store, "none", &to, "", &CopyOptions::default())
        .await
        .unwrap_err();
    assert_eq!((error.operation, error.side), (Operation::Resolve, Side::Source));
}

/// Counts reads.
struct Counting(MemoryStore, AtomicUsize);

impl std::fmt::Display for Counting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[async_trait::async_trait]
impl Store for Counting {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.0.resolve_opts(name, opts).await
    }
}

async fn index_of(store: &MemoryStore, entries: &[Descriptor]) -> Descriptor {
    let entries = serde_json::to_string(entries).unwrap();
    let document = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":{entries}}}"#
    );
    store.push_bytes(MediaType::OCI_INDEX, document).await.unwrap()
}

#[tokio::test]
async fn nested_indexes_are_searched_once_each_and_not_without_end() {
    let store = MemoryStore::new();
    let mut index = index_of(&store, &[]).await;
    for _ in 0..15 {
        index = index_of(&store, &[index.clone(), index]).await;
    }
    store.tag(&index, "deep").await.unwrap();
    let counting = Counting(store.clone(), AtomicUsize::new(0));
    let wanted = FetchOptions::default().with_platform(Platform::new("linux", "arm64"));
    assert!(
        resolve(&counting, "deep", &wanted)
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert!(counting.1.load(Ordering::SeqCst) <= 16);

    let mut many = Vec::new();
    for number in 0..1001 {
        let nobody = Descriptor::of(MediaType::OCI_INDEX, number.to_string().as_bytes());
        many.push(nobody);
    }
    let wide = index_of(&store, &many).await;
    store.tag(&wide, "wide").await.unwrap();
    let error = resolve(&store, "wide", &wanted).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::TooMany { limit: 1000, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn what_a_name_stands_for_is_opened_once() {
    let store = MemoryStore::new();
    let (root, images) = index(&store).await;
    tag_bytes(&store, MediaType::from_static("text/plain"), "hi", &["blob"])
        .await
        .unwrap();
    let arm = Platform::new("linux", "arm64");
    for (name, options, expected, opened) in [
        ("v1", FetchOptions::default(), &root.digest, 1),
        (
            "v1",
            FetchOptions::default().with_platform(arm),
            &images[1].digest,
            2,
        ),
        (
            "blob",
            FetchOptions::default(),
            &Descriptor::of(MediaType::OCTET_STREAM, b"hi").digest,
            1,
        ),
    ] {
        let recorder = Recorder::over(&store);
        let content = fetch(&recorder, name, &options).await.unwrap();
        assert_eq!(&content.descriptor().digest, expected);
        content.read_all().await.unwrap();
        assert_eq!(recorder.calls().len(), opened, "{name}");
    }
    assert!(
        fetch(&store, "none", &FetchOptions::default())
            .await
            .unwrap_err()
            .is_not_found()
    );
}
