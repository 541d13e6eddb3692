//! Content linked from another layout.

use std::fs;

use oras_content::{Descriptor, ErrorKind, MediaType, PredecessorFinder, Store, StoreExt, WriterExt};
use oras_layout::LayoutStore;

use crate::push_manifest;

async fn pair(dir: &tempfile::TempDir) -> (LayoutStore, LayoutStore) {
    let from = LayoutStore::create(dir.path().join("from")).await.unwrap();
    let to = LayoutStore::create(dir.path().join("to")).await.unwrap();
    (from, to)
}

#[tokio::test]
async fn a_blob_is_linked() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = pair(&dir).await;
    let hello = from.push_bytes(MediaType::OCTET_STREAM, "hello").await.unwrap();
    to.link_from(&from, &hello).await.unwrap();
    to.link_from(&from, &hello).await.unwrap();
    assert_eq!(to.fetch_all(&hello, 5).await.unwrap().bytes(), "hello");
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let name = hello.digest.as_str().replace(':', "/");
        let found = fs::metadata(to.path().join("blobs").join(name)).unwrap();
        assert_eq!(found.nlink(), 2);
    }
}

#[tokio::test]
async fn a_damaged_blob_is_replaced_by_a_copy() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = pair(&dir).await;
    let hello = from.push_bytes(MediaType::OCTET_STREAM, "hello").await.unwrap();
    let path = to
        .path()
        .join("blobs")
        .join(hello.digest.as_str().replace(':', "/"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "hel").unwrap();
    to.link_from(&from, &hello).await.unwrap();
    assert_eq!(to.fetch_all(&hello, 5).await.unwrap().bytes(), "hello");
}

#[tokio::test]
async fn a_linked_manifest_is_listed() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = pair(&dir).await;
    let manifest = push_manifest(&from, "x", None).await;
    to.link_from(&from, &manifest).await.unwrap();
    assert!(to.roots().await.unwrap().contains(&manifest));
    assert_eq!(to.predecessors(&Descriptor::empty_json()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn wrong_and_missing_content_is_not_linked() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = pair(&dir).await;
    let hello = Descriptor::of(MediaType::OCTET_STREAM, b"hello");
    assert!(to.link_from(&from, &hello).await.unwrap_err().is_not_found());
    let path = from
        .path()
        .join("blobs")
        .join(hello.digest.as_str().replace(':', "/"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "jello").unwrap();
    let error = to.link_from(&from, &hello).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Verify), "{error:?}");
    assert!(!to.exists(&hello).await.unwrap());
}
