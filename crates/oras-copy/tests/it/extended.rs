//! Referrers come along.

use oras_content::{MediaType, Store, StoreExt, WriterExt};
use oras_copy::{ExtendedCopyOptions, extended_copy, extended_copy_graph};
use oras_memory::MemoryStore;

use crate::graph::{TYPE, artifact, index, referrer};

#[tokio::test]
async fn referrers_of_referrers_come_along() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a"]).await;
    source.tag(&root, "v1").await.unwrap();
    let signature = referrer(&source, &root, "signature").await;
    let of_signature = referrer(&source, &signature, "timestamp").await;
    let to = MemoryStore::new();
    let copied = extended_copy(&source, "v1", &to, "", &ExtendedCopyOptions::default())
        .await
        .unwrap();
    assert_eq!(copied.digest, root.digest);
    assert_eq!(to.resolve("v1").await.unwrap().digest, root.digest);
    for node in [&root, &signature, &of_signature] {
        assert!(to.exists(node).await.unwrap());
    }
}

#[tokio::test]
async fn depth_and_artifact_type_limit_what_comes_along() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a"]).await;
    let signature = referrer(&source, &root, "signature").await;
    let of_signature = referrer(&source, &signature, "timestamp").await;

    let to = MemoryStore::new();
    let one_level = ExtendedCopyOptions::default().with_depth(1);
    extended_copy_graph(&source, &to, &root, &one_level)
        .await
        .unwrap();
    assert!(to.exists(&signature).await.unwrap() && !to.exists(&of_signature).await.unwrap());

    let to = MemoryStore::new();
    let other = ExtendedCopyOptions::default().with_artifact_type(MediaType::from_static("a/b"));
    extended_copy_graph(&source, &to, &root, &other).await.unwrap();
    assert!(to.exists(&root).await.unwrap() && !to.exists(&signature).await.unwrap());

    let same = ExtendedCopyOptions::default().with_artifact_type(MediaType::from_static(TYPE));
    extended_copy_graph(&source, &to, &root, &same).await.unwrap();
    assert!(to.exists(&of_signature).await.unwrap());
}

#[tokio::test]
async fn referrers_of_the_manifests_of_an_index_come_along() {
    let source = MemoryStore::new();
    let (_, images) = index(&source).await;
    let signature = referrer(&source, &images[0], "signature").await;
    let to = MemoryStore::new();
    extended_copy(&source, "v1", &to, "", &ExtendedCopyOptions::default())
        .await
        .unwrap();
    assert!(to.exists(&signature).await.unwrap());
}
