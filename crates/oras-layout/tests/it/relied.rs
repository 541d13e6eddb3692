//! Content a push relied on that was removed meanwhile.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use oras_content::{Descriptor, ErrorKind, ImageManifest, MediaType, Pushed, Store, StoreExt, WriterExt};
use oras_layout::LayoutStore;

use crate::{index, push, push_manifest, tags};

/// Returns the path of a blob in a layout.
pub(crate) fn path(dir: &Path, target: &Descriptor) -> PathBuf {
    dir.join("blobs").join(target.digest.as_str().replace(':', "/"))
}

/// Ages a blob as if it had not been touched for a day.
pub(crate) fn age(dir: &Path, target: &Descriptor) {
    let file = File::open(path(dir, target)).unwrap();
    let day = Duration::from_secs(24 * 3600);
    file.set_modified(SystemTime::now() - day).unwrap();
}

fn age_of(dir: &Path, target: &Descriptor) -> Duration {
    let modified = fs::metadata(path(dir, target)).unwrap().modified().unwrap();
    SystemTime::now().duration_since(modified).unwrap_or_default()
}

#[tokio::test]
async fn a_manifest_is_refused_when_what_it_was_built_on_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let layer = push(&store, MediaType::OCTET_STREAM, b"layer").await;
    let mut manifest = ImageManifest::new(Descriptor::empty_json());
    manifest.layers.push(layer.clone());
    let manifest = manifest.to_content();
    fs::remove_file(path(dir.path(), &layer)).unwrap();

    let refused = store
        .push(manifest.descriptor(), manifest.clone())
        .await
        .unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::MissingContent), "{refused:?}");
    assert!(index(dir.path())["manifests"].as_array().unwrap().is_empty());

    push(&store, MediaType::OCTET_STREAM, b"layer").await;
    store.push(manifest.descriptor(), manifest.clone()).await.unwrap();
    assert!(index(dir.path())["manifests"].as_array().unwrap().len() == 1);
}

#[tokio::test]
async fn content_that_was_never_there_stops_no_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let manifest = ImageManifest::new(Descriptor::empty_json()).to_content();
    let pushed = store.push(manifest.descriptor(), manifest.clone()).await.unwrap();
    assert_eq!(pushed, Pushed::Stored);
}

#[tokio::test]
async fn a_manifest_that_is_gone_gets_no_tag() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let target = push_manifest(&store, "x", None).await;
    fs::remove_file(path(dir.path(), &target)).unwrap();
    assert!(store.tag(&target, "v1").await.unwrap_err().is_not_found());
    assert!(tags(&store).await.is_empty());
}

#[tokio::test]
async fn what_a_push_finds_is_as_fresh_as_what_it_writes() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let layer = push(&store, MediaType::OCTET_STREAM, b"layer").await;
    let manifest = push_manifest(&store, "layer", None).await;
    for target in [&layer, &manifest] {
        age(dir.path(), target);
        assert!(store.exists(target).await.unwrap());
        assert!(age_of(dir.path(), target) < Duration::from_secs(3600));
        age(dir.path(), target);
        let content = store.fetch_all(target, target.size).await.unwrap();
        assert_eq!(store.push(target, content).await.unwrap(), Pushed::Present);
        assert!(age_of(dir.path(), target) < Duration::from_secs(3600));
    }
}

#[tokio::test]
async fn what_is_linked_is_fresh() {
    let dir = tempfile::tempdir().unwrap();
    let from = LayoutStore::create(dir.path().join("from")).await.unwrap();
    let to = LayoutStore::create(dir.path().join("to")).await.unwrap();
    let hello = push(&from, MediaType::OCTET_STREAM, b"hello").await;
    age(from.path(), &hello);
    to.link_from(&from, &hello).await.unwrap();
    assert!(age_of(to.path(), &hello) < Duration::from_secs(3600));
}
