//! Extended copies bring referrers along.

use std::sync::Arc;

use async_trait::async_trait;
use oras_content::{Descriptor, Manifest, MediaType, Result, Store, StoreExt, WriterExt};
use oras_copy::{CopyOptions, ExtendedCopyOptions, Selection, extended_copy, extended_copy_graph};
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

/// Skips the second manifest of an index.
struct FirstOnly;

#[async_trait]
impl Selection for FirstOnly {
    async fn successors(&self, manifest: &Manifest) -> Result<Vec<Descriptor>> {
        let second = manifest.manifests().get(1);
        let successors = manifest.successors().filter(|node| Some(*node) != second);
        Ok(successors.cloned().collect())
    }
}

#[tokio::test]
async fn what_is_left_out_of_an_index_does_not_bring_its_referrers() {
    let source = MemoryStore::new();
    let (root, images) = index(&source).await;
    let referrers = [
        referrer(&source, &images[0], "of the first").await,
        referrer(&source, &images[1], "of the second").await,
    ];
    let to = MemoryStore::new();
    let copy = CopyOptions::default().with_selection(Arc::new(FirstOnly));
    let options = ExtendedCopyOptions::default().with_copy(copy);
    extended_copy_graph(&source, &to, &root, &options).await.unwrap();
    for node in [&root, &images[0], &referrers[0]] {
        assert!(to.exists(node).await.unwrap());
    }
    for node in [&images[1], &referrers[1]] {
        assert!(!to.exists(node).await.unwrap());
    }
}
