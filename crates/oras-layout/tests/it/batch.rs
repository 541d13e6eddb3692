//! Batches: one write of the index for many manifests and tags.

use std::fs;
use std::path::Path;
use std::time::Duration;

use oras_content::{Batch, Descriptor, ErrorKind, ImageIndex, MediaType, Store, StoreExt, Writer, WriterExt};
use oras_layout::{GcOptions, LayoutBatch, LayoutOptions, LayoutStore};

use crate::{push_manifest, tags};

/// Returns the bytes of the index, to see whether it was written.
fn index(dir: &Path) -> Vec<u8> {
    fs::read(dir.join("index.json")).unwrap()
}

/// Creates an index without manifests, made unique by a number.
fn numbered(number: usize) -> oras_content::Verified {
    let mut index = ImageIndex::new(vec![]);
    index.annotations.insert("n".to_owned(), number.to_string());
    index.to_content()
}

async fn push_numbered(batch: &LayoutBatch, number: usize) -> Descriptor {
    let content = numbered(number);
    batch.push(content.descriptor(), content.clone()).await.unwrap();
    content.descriptor().clone()
}

#[tokio::test]
async fn a_batch_shows_everything_with_its_flush_and_nothing_before() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let before = index(dir.path());
    let batch = LayoutBatch::new(&store);
    for number in 0..20 {
        let target = push_numbered(&batch, number).await;
        batch.tag(&target, format!("v{number}")).await.unwrap();
        assert!(batch.exists(&target).await.unwrap());
        assert!(!store.exists(&target).await.unwrap());
    }
    assert_eq!(index(dir.path()), before);

    batch.flush().await.unwrap();
    assert_eq!(tags(&store).await.len(), 20);
    assert_eq!(
        tags(&LayoutStore::open(dir.path()).await.unwrap()).await.len(),
        20
    );
}

#[tokio::test]
async fn a_name_that_is_resolved_through_a_batch_is_what_it_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let batch = store.batch().unwrap();
    let content = numbered(1);
    batch.push(content.descriptor(), content.clone()).await.unwrap();
    batch.tag(content.descriptor(), "v1").await.unwrap();
    assert_eq!(
        batch.resolve("v1").await.unwrap().digest,
        content.descriptor().digest
    );
}

#[tokio::test]
async fn a_batch_that_is_dropped_is_written_where_nobody_has_the_layout() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let batch = LayoutBatch::new(&store);
    let first = push_numbered(&batch, 1).await;
    drop(batch);
    assert!(store.exists(&first).await.unwrap());

    let batch = LayoutBatch::new(&store);
    let second = push_numbered(&batch, 2).await;
    let other = fs::File::options()
        .write(true)
        .open(dir.path().join(".oras.lock"))
        .unwrap();
    other.lock().unwrap();
    drop(batch);
    drop(other);
    assert!(!store.exists(&second).await.unwrap());
}

#[tokio::test]
async fn many_bytes_of_manifests_do_not_wait() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let batch = LayoutBatch::new(&store);
    for number in 0..3 {
        let mut large = ImageIndex::new(vec![]);
        large
            .annotations
            .insert("large".to_owned(), number.to_string().repeat(2_000_000));
        let large = large.to_content();
        batch.push(large.descriptor(), large.clone()).await.unwrap();
        assert_eq!(store.exists(large.descriptor()).await.unwrap(), number == 2);
    }
}

#[tokio::test]
async fn a_flush_is_refused_when_content_is_gone_and_succeeds_once_it_is_there_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let batch = LayoutBatch::new(&store);
    let layer = batch.push_bytes(MediaType::OCTET_STREAM, "layer").await.unwrap();
    let mut manifest = oras_content::ImageManifest::new(Descriptor::empty_json());
    batch.push_bytes(MediaType::OCI_EMPTY, "{}").await.unwrap();
    manifest.layers.push(layer);
    let manifest = manifest.to_content();
    batch.push(manifest.descriptor(), manifest.clone()).await.unwrap();
    batch.tag(manifest.descriptor(), "v1").await.unwrap();
    store
        .gc(GcOptions::default().with_grace(Duration::ZERO))
        .await
        .unwrap();

    let refused = batch.flush().await.unwrap_err();
    assert_eq!(*refused.kind(), ErrorKind::MissingContent, "{refused:?}");
    assert!(tags(&store).await.is_empty());

    batch.push_bytes(MediaType::OCTET_STREAM, "layer").await.unwrap();
    batch.push_bytes(MediaType::OCI_EMPTY, "{}").await.unwrap();
    batch.push(manifest.descriptor(), manifest.clone()).await.unwrap();
    batch.flush().await.unwrap();
    assert_eq!(tags(&store).await, ["v1"]);
}

#[test]
fn a_flush_that_is_given_up_is_not_forgotten() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let opts = LayoutOptions::default().with_lock_wait(Duration::ZERO);
        let store = LayoutStore::create_with(dir.path(), opts).await.unwrap();
        let batch = LayoutBatch::new(&store);
        let [first, second] = [push_numbered(&batch, 1).await, push_numbered(&batch, 2).await];
        batch.tag(&first, "v1").await.unwrap();

        // Hold the lock of the layout, so that the flush only fails after it was abandoned.
        let other = fs::File::options()
            .write(true)
            .open(dir.path().join(".oras.lock"))
            .unwrap();
        other.lock().unwrap();
        let (open, gate) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || gate.recv());
        assert!(futures_util::poll!(batch.flush()).is_pending());
        drop(open);
        tokio::task::spawn_blocking(|| {}).await.unwrap();
        drop(other);
        assert!(tags(&store).await.is_empty());

        batch.tag(&second, "v1").await.unwrap();
        batch.flush().await.unwrap();
        assert_eq!(store.resolve("v1").await.unwrap().digest, second.digest);
        assert!(store.exists(&first).await.unwrap());
    });
}

#[tokio::test]
async fn what_others_write_during_a_batch_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let batch = LayoutBatch::new(&store);
    push_numbered(&batch, 1).await;
    let other = LayoutStore::open(dir.path()).await.unwrap();
    let theirs = push_manifest(&other, "theirs", None).await;
    other.tag(&theirs, "theirs").await.unwrap();
    batch.flush().await.unwrap();
    assert_eq!(tags(&store).await, ["theirs"]);
    assert_eq!(store.roots().await.unwrap().len(), 2);
}
