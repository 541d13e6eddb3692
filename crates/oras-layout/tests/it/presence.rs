//! What counts as present, and how damage is repaired.

use std::fs;

use oras_content::{Descriptor, MediaType, PushOptions, Pushed, Store, StoreExt, Writer};
use oras_layout::LayoutStore;

use crate::push_manifest;

fn blob(dir: &tempfile::TempDir, text: &[u8]) -> std::path::PathBuf {
    let digest = Descriptor::of(MediaType::OCTET_STREAM, text).digest;
    dir.path().join("blobs/sha256").join(digest.encoded())
}

#[tokio::test]
async fn a_manifest_is_there_when_its_children_are() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let manifest = push_manifest(&store, "layer", None).await;
    assert!(store.exists(&manifest).await.unwrap());
    let layer = blob(&dir, b"layer");
    fs::remove_file(&layer).unwrap();
    assert!(!store.exists(&manifest).await.unwrap());
    fs::write(&layer, "other size").unwrap();
    assert!(!store.exists(&manifest).await.unwrap());
    fs::remove_file(&layer).unwrap();
    fs::write(&layer, "layer").unwrap();
    assert!(store.exists(&manifest).await.unwrap());
}

#[tokio::test]
async fn an_absent_subject_does_not_make_a_referrer_absent() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let nowhere = Descriptor::of(MediaType::OCI_MANIFEST, b"nowhere");
    let referrer = push_manifest(&store, "layer", Some(&nowhere)).await;
    assert!(store.exists(&referrer).await.unwrap());
}

#[tokio::test]
async fn a_forced_push_replaces_a_damaged_blob_of_the_same_size() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    push_manifest(&store, "layer", None).await;
    let layer = Descriptor::of(MediaType::OCTET_STREAM, b"layer");
    let path = blob(&dir, b"layer");
    fs::remove_file(&path).unwrap();
    fs::write(&path, "LAYER").unwrap();
    let push = async |force| {
        let body = bytes::Bytes::from_static(b"layer").into();
        let options = PushOptions::default().with_force(force);
        store.push_opts(&layer, body, options).await.unwrap()
    };
    assert_eq!(push(false).await, Pushed::Present);
    assert!(store.fetch_all(&layer, 5).await.is_err());
    assert_eq!(push(true).await, Pushed::Stored);
    assert_eq!(store.fetch_all(&layer, 5).await.unwrap().bytes(), "layer");
}
