//! The promises of the memory store, seen from outside.
#![allow(clippy::unwrap_used)]

use oras_conformance::Suite;
use oras_content::{MediaType, Store, StoreExt, WriterExt};
use oras_memory::MemoryStore;

#[tokio::test]
async fn it_keeps_the_promises_of_every_store() {
    Suite::new(|| async { MemoryStore::new() })
        .with_ranges()
        .with_manifests()
        .with_names()
        .with_untag()
        .with_tag_list()
        .with_delete()
        .with_predecessors()
        .with_predecessors_deleted()
        .with_staged_ranges()
        .with_content_list()
        .run()
        .await;
}

#[tokio::test]
async fn clones_share_their_content() {
    let store = MemoryStore::new();
    let clone = store.clone();
    let hello = store.push_bytes(MediaType::OCTET_STREAM, "hello").await.unwrap();
    assert!(clone.exists(&hello).await.unwrap());
    clone.tag(&hello, "v1").await.unwrap();
    assert_eq!(store.resolve("v1").await.unwrap(), hello);
    assert!(!MemoryStore::new().exists(&hello).await.unwrap());
}
