//! Bytes that are a blob of one manifest and a manifest themselves.

use oras_content::{
    Descriptor, ImageManifest, MediaType, PredecessorFinder, PushOptions, Pushed, Store, StoreExt, Verified,
    Writer, WriterExt,
};
use oras_memory::MemoryStore;

fn manifest() -> (Descriptor, Verified) {
    let config = Descriptor::empty_json();
    (config.clone(), ImageManifest::new(config).to_content())
}

async fn as_a_blob(store: &MemoryStore, content: &Verified) {
    let bytes = content.bytes().clone();
    store.push_bytes(MediaType::OCTET_STREAM, bytes).await.unwrap();
}

async fn assert_is_above(store: &MemoryStore, manifest: &Descriptor, config: &Descriptor) {
    let found = store.predecessors(config).await.unwrap();
    let found: Vec<_> = found.iter().map(|node| &node.digest).collect();
    assert_eq!(found, [&manifest.digest]);
}

#[tokio::test]
async fn bytes_that_were_pushed_as_a_blob_are_no_manifest_before_they_are_pushed_as_one() {
    let (store, (config, content)) = (MemoryStore::new(), manifest());
    let described = content.descriptor().clone();
    as_a_blob(&store, &content).await;
    assert!(!store.exists(&described).await.unwrap());
    let options = PushOptions::default();
    let pushed = store
        .push_opts(&described, content.into(), options)
        .await
        .unwrap();
    assert_eq!(pushed, Pushed::Stored);
    assert!(store.exists(&described).await.unwrap());
    assert_is_above(&store, &described, &config).await;
    let name = described.digest.to_string();
    assert_eq!(store.resolve(name.as_str()).await.unwrap(), described);
}

#[tokio::test]
async fn a_manifest_stays_one_when_its_bytes_are_pushed_as_a_blob() {
    let (store, (config, content)) = (MemoryStore::new(), manifest());
    let described = content.descriptor().clone();
    store.push(&described, content.clone()).await.unwrap();
    as_a_blob(&store, &content).await;
    let blob = Descriptor::of(MediaType::OCTET_STREAM, content.bytes());
    let forced = PushOptions::default().with_force(true);
    store.push_opts(&blob, content.into(), forced).await.unwrap();
    assert!(store.exists(&described).await.unwrap());
    assert_is_above(&store, &described, &config).await;
}
