//! What a layout keeps across handles.

use oras_content::{
    Deleter, Descriptor, ImageIndex, MediaType, PredecessorFinder, Store, StoreExt, Untagger, WriterExt,
};
use oras_layout::LayoutStore;

use crate::{index, push, push_manifest, tags};

#[tokio::test]
async fn tags_and_referrers_are_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let subject = push_manifest(&store, "subject", None).await;
    let referrer = push_manifest(&store, "referrer", Some(&subject)).await;
    let of_referrer = push_manifest(&store, "of the referrer", Some(&referrer)).await;
    store.tag(&subject, "v1").await.unwrap();

    let again = LayoutStore::open(dir.path()).await.unwrap();
    assert_eq!(again.resolve("v1").await.unwrap(), subject);
    assert_eq!(again.resolve(referrer.digest.as_str()).await.unwrap(), referrer);
    for (node, expected) in [(&subject, &referrer), (&referrer, &of_referrer)] {
        let found = again.predecessors(node).await.unwrap();
        assert_eq!(
            found.iter().map(Descriptor::plain).collect::<Vec<_>>(),
            [expected.plain()]
        );
        assert_eq!(found, store.predecessors(node).await.unwrap());
    }
}

#[tokio::test]
async fn the_children_of_an_index_are_not_listed_but_known() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let one = push_manifest(&store, "one", None).await;
    let two = push_manifest(&store, "two", None).await;
    store.tag(&two, "two").await.unwrap();
    let list = ImageIndex::new(vec![one.clone(), two.clone()]).to_content();
    let list = push(&store, MediaType::OCI_INDEX, list.bytes()).await;

    for store in [store, LayoutStore::open(dir.path()).await.unwrap()] {
        let mut roots: Vec<_> = store
            .roots()
            .await
            .unwrap()
            .iter()
            .map(|root| root.digest.clone())
            .collect();
        roots.sort();
        let mut expected = vec![two.digest.clone(), list.digest.clone()];
        expected.sort();
        assert_eq!(roots, expected);
        assert!(store.exists(&one).await.unwrap());
        assert_eq!(store.resolve(one.digest.as_str()).await.unwrap(), one);
    }
}

#[tokio::test]
async fn the_children_of_a_deleted_index_are_listed_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let one = push_manifest(&store, "one", None).await;
    let list = ImageIndex::new(vec![one.clone()]).to_content();
    let list = push(&store, MediaType::OCI_INDEX, list.bytes()).await;
    store.delete(&list).await.unwrap();

    let again = LayoutStore::open(dir.path()).await.unwrap();
    assert_eq!(again.roots().await.unwrap(), std::slice::from_ref(&one));
    assert!(again.exists(&one).await.unwrap());
    assert!(!again.exists(&list).await.unwrap());
}

#[tokio::test]
async fn a_retagged_or_untagged_manifest_stays_listed() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let old = push_manifest(&store, "old", None).await;
    let new = push_manifest(&store, "new", None).await;
    store.tag(&old, "latest").await.unwrap();
    store.tag(&new, "latest").await.unwrap();
    store.untag(&"latest".parse().unwrap()).await.unwrap();

    let again = LayoutStore::open(dir.path()).await.unwrap();
    assert!(tags(&again).await.is_empty());
    assert_eq!(index(dir.path())["manifests"].as_array().unwrap().len(), 2);
    assert!(again.exists(&old).await.unwrap() && again.exists(&new).await.unwrap());
}

#[tokio::test]
async fn a_blob_is_resolved_as_bytes_of_its_size() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let hello = push(&store, MediaType::from_static("text/plain"), b"hello").await;
    let found = store.resolve(hello.digest.as_str()).await.unwrap();
    assert_eq!((found.media_type, found.size), (MediaType::OCTET_STREAM, 5));
    assert_eq!(store.fetch_all(&hello, 5).await.unwrap().bytes(), "hello");
}

#[tokio::test]
async fn annotations_of_a_tag_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let target = push_manifest(&store, "annotated", None)
        .await
        .with_annotation("key", "value");
    store.tag(&target, "v1").await.unwrap();
    let again = LayoutStore::open(dir.path()).await.unwrap();
    assert_eq!(again.resolve("v1").await.unwrap(), target);
    assert_eq!(
        index(dir.path())["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"],
        "v1"
    );
}

#[tokio::test]
async fn manifests_that_come_and_go_are_the_predecessors_of_their_blobs() {
    let config = Descriptor::empty_json();
    for is_asked_early in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let store = LayoutStore::create(dir.path()).await.unwrap();
        let predecessors = async || {
            let found = store.predecessors(&config).await.unwrap();
            found.iter().map(Descriptor::plain).collect::<Vec<_>>()
        };
        let one = push_manifest(&store, "one", None).await;
        if is_asked_early {
            assert_eq!(predecessors().await, [one.plain()]);
        }
        let two = push_manifest(&store, "two", None).await;
        assert_eq!(predecessors().await, [one.plain(), two.plain()]);
        store.delete(&one).await.unwrap();
        assert_eq!(predecessors().await, [two.plain()]);
    }
}
