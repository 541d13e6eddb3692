//! The promises of the memory store, seen from outside.
#![allow(clippy::unwrap_used)]

mod crowd;
mod limit;
mod twofold;

use bytes::Bytes;
use oras_conformance::Suite;
use oras_content::{Descriptor, ErrorKind, MediaType, StageOptions, Store, StoreExt, WriterExt};
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

#[tokio::test]
async fn staging_allocates_for_what_was_written_and_not_for_where() {
    let hello = Descriptor::of(MediaType::OCTET_STREAM, b"hello");
    let stage = async || {
        MemoryStore::new()
            .stager()
            .unwrap()
            .stage(StageOptions::default())
            .await
            .unwrap()
    };

    let mut far = stage().await;
    assert!(far.write_at(u64::MAX - 1, "xy".into()).await.is_err());
    far.write_at(1 << 60, "xy".into()).await.unwrap();
    assert_eq!(far.holes().first(), Some(&(0..1 << 60)));
    assert_eq!(*far.commit(&hello).await.unwrap_err().kind(), ErrorKind::Verify);

    let mut nothing = stage().await;
    nothing.write_at(10, Bytes::new()).await.unwrap();
    let zeros = Descriptor::of(MediaType::OCTET_STREAM, &[0; 10]);
    assert!(nothing.commit(&zeros).await.is_err());

    let mut parts = stage().await;
    for (offset, bytes) in [(3, "lo"), (0, "xxx"), (0, "hel")] {
        parts.write_at(offset, bytes.into()).await.unwrap();
    }
    parts.commit(&hello).await.unwrap();
}
