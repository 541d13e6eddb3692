//! Tagging, resolving and reading by name.

use oras_content::{Descriptor, ErrorKind, MediaType, Platform, StoreExt, WriterExt};
use oras_copy::{
    CopyOptions, FetchBytesOptions, Operation, Side, copy, fetch_bytes, resolve_platform, tag, tag_bytes,
    tag_n,
};
use oras_memory::MemoryStore;

use crate::graph::{artifact, index};

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
    let read = fetch_bytes(&store, "b", &FetchBytesOptions::default())
        .await
        .unwrap();
    assert_eq!(read.bytes(), "hi");
}

#[tokio::test]
async fn a_platform_is_resolved_and_read() {
    let store = MemoryStore::new();
    let (root, images) = index(&store).await;
    let arm = Platform::new("linux", "arm64");
    let found = resolve_platform(&store, "v1", &arm).await.unwrap();
    assert_eq!(found.digest, images[1].digest);
    assert_eq!(store.resolve("v1").await.unwrap().digest, root.digest);
    let read = fetch_bytes(&store, "v1", &FetchBytesOptions::default().with_platform(arm))
        .await
        .unwrap();
    assert_eq!(read.descriptor().digest, images[1].digest);
}

#[tokio::test]
async fn content_beyond_the_limit_is_refused() {
    let store = MemoryStore::new();
    index(&store).await;
    let read = fetch_bytes(&store, "v1", &FetchBytesOptions::default().with_limit(10)).await;
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
