//! Several writers of one layout.

use futures_util::future::join_all;
use oras_content::{PredecessorFinder, Store, StoreExt, WriterExt};
use oras_layout::LayoutStore;

use crate::{push_manifest, tags};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_handles_lose_no_tag_of_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let one = LayoutStore::create(dir.path()).await.unwrap();
    let two = LayoutStore::open(dir.path()).await.unwrap();
    let target = push_manifest(&one, "tagged", None).await;
    let tagging = (0..50).flat_map(|n| [(&one, format!("a{n:02}")), (&two, format!("b{n:02}"))]);
    join_all(tagging.map(|(store, tag)| {
        let target = &target;
        async move { store.tag(target, &tag).await.unwrap() }
    }))
    .await;

    let mut expected: Vec<_> = (0..50)
        .flat_map(|n| [format!("a{n:02}"), format!("b{n:02}")])
        .collect();
    expected.sort();
    for store in [one, two, LayoutStore::open(dir.path()).await.unwrap()] {
        assert_eq!(tags(&store).await, expected);
    }
}

#[tokio::test]
async fn what_another_handle_writes_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let writer = LayoutStore::create(dir.path()).await.unwrap();
    let reader = LayoutStore::open(dir.path()).await.unwrap();
    assert!(tags(&reader).await.is_empty());
    let subject = push_manifest(&writer, "subject", None).await;
    assert!(reader.exists(&subject).await.unwrap());
    let referrer = push_manifest(&writer, "referrer", Some(&subject)).await;
    writer.tag(&subject, "v1").await.unwrap();
    assert_eq!(reader.resolve("v1").await.unwrap(), subject);
    assert_eq!(
        reader.predecessors(&subject).await.unwrap()[0].digest,
        referrer.digest
    );
}

#[tokio::test]
async fn many_manifests_at_once_are_all_listed() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let texts: Vec<_> = (0..40).map(|n| n.to_string()).collect();
    let pushed = join_all(texts.iter().map(|text| push_manifest(&store, text, None))).await;
    let again = LayoutStore::open(dir.path()).await.unwrap();
    for manifest in pushed {
        assert!(again.exists(&manifest).await.unwrap());
    }
}
