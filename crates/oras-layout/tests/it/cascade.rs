//! Cascading deletions: they also remove what only the deleted content needed, and its referrers.

use std::path::Path;
use std::time::Duration;

use oras_content::{Descriptor, ErrorKind, ImageIndex, MediaType, Store, WriterExt};
use oras_layout::{GcOptions, LayoutStore};

use crate::gc::assert_whole;
use crate::{files, push, push_manifest, tags};

fn at_once() -> GcOptions {
    GcOptions::default().with_grace(Duration::ZERO)
}

fn blobs(dir: &Path) -> usize {
    files(&dir.join("blobs/sha256")).len()
}

#[tokio::test]
async fn referrers_of_referrers_go_along_with_their_layers() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let image = push_manifest(&store, "image", None).await;
    store.tag(&image, "v1").await.unwrap();
    store.tag(&image, "v2").await.unwrap();
    let signature = push_manifest(&store, "signature", Some(&image)).await;
    push_manifest(&store, "of the signature", Some(&signature)).await;
    let other = push_manifest(&store, "other", None).await;

    let planned = store
        .delete_cascading(&image, at_once().with_dry_run(true))
        .await
        .unwrap();
    assert_eq!((planned.removed.blobs, tags(&store).await.len()), (6, 2));
    let report = store.delete_cascading(&image, at_once()).await.unwrap();
    assert_eq!(report.removed, planned.removed);
    assert!(tags(&store).await.is_empty());
    // Unrelated content is not affected, tagged or not.
    assert_whole(&store, &other).await;
    assert_eq!(blobs(dir.path()), 3);
    assert_eq!(store.roots().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_has_a_tag_or_another_parent_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let [one, two] = [
        push_manifest(&store, "one", None).await,
        push_manifest(&store, "two", None).await,
    ];
    let both = ImageIndex::new(vec![one.clone(), two.clone()]).to_content();
    push(&store, MediaType::OCI_INDEX, both.bytes()).await;
    let alone = ImageIndex::new(vec![one.clone()]).to_content();
    let alone = push(&store, MediaType::OCI_INDEX, alone.bytes()).await;
    store.tag(&alone, "alone").await.unwrap();
    let signature = push_manifest(&store, "signature", Some(both.descriptor())).await;
    store.tag(&signature, "kept").await.unwrap();

    store
        .delete_cascading(both.descriptor(), at_once())
        .await
        .unwrap();
    assert!(!store.exists(both.descriptor()).await.unwrap());
    assert!(!store.exists(&two).await.unwrap());
    assert_whole(&store, &alone).await;
    assert!(store.exists(&signature).await.unwrap());
    assert_eq!(tags(&store).await, ["alone", "kept"]);
}

#[tokio::test]
async fn its_own_subject_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let image = push_manifest(&store, "image", None).await;
    let signature = push_manifest(&store, "signature", Some(&image)).await;
    store.delete_cascading(&signature, at_once()).await.unwrap();
    assert_whole(&store, &image).await;
    assert_eq!(blobs(dir.path()), 3);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let absent = Descriptor::of(MediaType::OCI_MANIFEST, b"absent");
    for opts in [at_once(), at_once().with_dry_run(true)] {
        let error = store.delete_cascading(&absent, opts).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn the_grace_time_protects_what_is_fresh() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let image = push_manifest(&store, "image", None).await;
    let report = store
        .delete_cascading(&image, GcOptions::default())
        .await
        .unwrap();
    assert_eq!((report.removed.blobs, report.fresh.blobs), (1, 2));
}

#[test]
fn what_is_pushed_and_tagged_again_meanwhile_stays_with_all_that_it_leads_to() {
    for opts in [at_once(), GcOptions::default()] {
        // A single thread does the store's work in the order of its calls.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(1)
            .build()
            .unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let store = LayoutStore::create(dir.path()).await.unwrap();
            let image = push_manifest(&store, "image", None).await;
            let other = LayoutStore::open(dir.path()).await.unwrap();
            let mut deleting = Box::pin(store.delete_cascading(&image, opts));
            let (open, gate) = std::sync::mpsc::channel::<()>();
            tokio::task::spawn_blocking(move || gate.recv());
            // The image itself is deleted first.
            assert!(futures_util::poll!(&mut deleting).is_pending());
            drop(open);
            let again = push_manifest(&other, "image", None).await;
            other.tag(&again, "v1").await.unwrap();
            deleting.await.unwrap();
            assert_whole(&other, &image).await;
            assert_eq!(tags(&other).await, ["v1"]);
        });
    }
}
