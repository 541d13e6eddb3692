//! What a deletion removes, and what it keeps.

use oras_content::{
    Deleter, Descriptor, ErrorKind, ImageIndex, MediaType, Store, StoreExt, Untagger, WriterExt,
};
use oras_layout::LayoutStore;

use crate::gc::{assert_whole, at_once};
use crate::{index, push, push_manifest, tags};

async fn layout() -> (tempfile::TempDir, LayoutStore) {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    (dir, store)
}

#[tokio::test]
async fn a_manifest_goes_with_all_its_tags_whatever_they_say_of_it() {
    let (dir, store) = layout().await;
    let target = push_manifest(&store, "x", None).await;
    store.tag(&target, "v1").await.unwrap();
    let annotated = target.clone().with_annotation("who", "me");
    store.tag(&annotated, "v2").await.unwrap();
    let other = push_manifest(&store, "other", None).await;
    store.tag(&other, "v3").await.unwrap();

    // The content is identified by its digest, whatever else the descriptor says.
    let mut known = Descriptor::new(MediaType::OCTET_STREAM, target.digest.clone(), 1);
    known.annotations.insert("a".into(), "b".into());
    store.delete(&known).await.unwrap();
    assert_eq!(tags(&store).await, ["v3"]);
    assert!(!index(dir.path()).to_string().contains(target.digest.as_str()));
    assert!(
        store
            .resolve(target.digest.as_str())
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert!(store.delete(&target).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn neither_referrers_nor_children_go_along_until_they_are_collected() {
    let (_dir, store) = layout().await;
    let child = push_manifest(&store, "child", None).await;
    let list = ImageIndex::new(vec![child.clone()]).to_content();
    let list = push(&store, MediaType::OCI_INDEX, list.bytes()).await;
    store.tag(&list, "v1").await.unwrap();
    let signature = push_manifest(&store, "signature", Some(&list)).await;

    store.delete(&list).await.unwrap();
    assert!(store.exists(&signature).await.unwrap() && store.exists(&child).await.unwrap());
    assert_whole(&store, &child).await;
    assert_eq!(store.gc(at_once()).await.unwrap().removed.blobs, 0);
    let report = store.gc(at_once().with_remove_untagged(true)).await.unwrap();
    assert_eq!((report.kept.blobs, report.removed.blobs), (0, 5));
}

#[tokio::test]
async fn a_tag_goes_alone() {
    let (dir, store) = layout().await;
    let target = push_manifest(&store, "x", None).await;
    store.tag(&target, "v1").await.unwrap();
    store.tag(&target, "v2").await.unwrap();
    store.untag(&"v1".parse().unwrap()).await.unwrap();
    assert_eq!(tags(&store).await, ["v2"]);
    store.untag(&"v2".parse().unwrap()).await.unwrap();
    assert_eq!(
        index(dir.path())["manifests"][0]["digest"],
        target.digest.as_str()
    );
    assert!(
        store
            .untag(&"v2".parse().unwrap())
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert_whole(&store, &target).await;
}

#[tokio::test]
async fn indexes_that_are_deleted_at_once_leave_their_common_child_listed() {
    for _ in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        let store = LayoutStore::create(dir.path()).await.unwrap();
        let child = push_manifest(&store, "child", None).await;
        let mut parents = Vec::new();
        for number in 0..8 {
            let mut index = oras_content::ImageIndex::new(vec![child.clone()]);
            index.annotations.insert("n".to_owned(), number.to_string());
            let index = index.to_content();
            parents.push(push(&store, MediaType::OCI_INDEX, index.bytes()).await);
        }
        let deletions = parents.iter().map(|parent| store.delete(parent));
        futures_util::future::try_join_all(deletions).await.unwrap();
        let roots = store.roots().await.unwrap();
        assert_eq!(
            roots.iter().map(|root| &root.digest).collect::<Vec<_>>(),
            [&child.digest]
        );
    }
}

#[tokio::test]
async fn a_manifest_is_refused_whose_layer_was_deleted_by_the_same_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let layer = push(&store, MediaType::OCTET_STREAM, b"layer").await;
    assert!(store.exists(&layer).await.unwrap());
    store.delete(&layer).await.unwrap();
    let mut manifest = oras_content::ImageManifest::new(Descriptor::empty_json());
    manifest.layers.push(layer);
    let manifest = manifest.to_content();
    let refused = store
        .push(manifest.descriptor(), manifest.clone())
        .await
        .unwrap_err();
    assert_eq!(*refused.kind(), ErrorKind::MissingContent);
}
