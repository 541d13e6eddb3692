//! Collections of graphs that are damaged, incomplete or very large.

use std::fs;

use oras_content::{Descriptor, ErrorKind, ImageIndex, ImageManifest, MediaType, StoreExt, WriterExt};
use oras_layout::LayoutStore;
use serde_json::json;

use crate::gc::{assert_whole, at_once, collect, layout};
use crate::relied::path;
use crate::{files, push, push_manifest};

#[tokio::test]
async fn a_manifest_that_cannot_be_read_stops_the_collection() {
    let large = format!(r#"{{"schemaVersion":2,"x":"{}"}}"#, " ".repeat(5 << 20));
    let contents: [&[u8]; 3] = [
        b"{",
        b"{\"schemaVersion\":2,\"layers\":[],\"manifests\":1}",
        large.as_bytes(),
    ];
    for content in contents {
        let (dir, store) = layout().await;
        let stray = push(&store, MediaType::OCTET_STREAM, b"stray").await;
        let broken = Descriptor::of(MediaType::OCI_MANIFEST, content);
        fs::write(path(dir.path(), &broken), content).unwrap();
        // Nothing refers to it yet.
        let report = collect(dir.path(), at_once().with_dry_run(true)).await.unwrap();
        assert_eq!(report.removed.blobs, 2);

        let text = json!({"schemaVersion": 2, "manifests": [broken]});
        fs::write(dir.path().join("index.json"), text.to_string()).unwrap();
        for opts in [
            at_once(),
            at_once().with_remove_untagged(true).with_allow_missing(true),
        ] {
            let error = collect(dir.path(), opts).await.unwrap_err();
            assert_eq!(
                error.subject().unwrap().digest(),
                Some(&broken.digest),
                "{error:?}"
            );
        }
        assert!(path(dir.path(), &stray).exists());
    }
}

#[tokio::test]
async fn a_damaged_manifest_below_an_index_stops_the_collection() {
    let (dir, store) = layout().await;
    let child = push_manifest(&store, "layer", None).await;
    let list = ImageIndex::new(vec![child.clone()]).to_content();
    push(&store, MediaType::OCI_INDEX, list.bytes()).await;
    let path = path(dir.path(), &child);
    let mut bytes = fs::read(&path).unwrap();
    bytes[5] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    let error = collect(dir.path(), at_once()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Verify), "{error:?}");
    assert_eq!(files(&dir.path().join("blobs")).len(), 4);
}

#[tokio::test]
async fn a_missing_manifest_stops_the_collection_unless_that_is_allowed() {
    let (dir, store) = layout().await;
    let child = push_manifest(&store, "layer", None).await;
    let list = ImageIndex::new(vec![child.clone()]).to_content();
    let list = push(&store, MediaType::OCI_INDEX, list.bytes()).await;
    fs::remove_file(path(dir.path(), &child)).unwrap();
    let error = collect(dir.path(), at_once()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::MissingContent), "{error:?}");
    let report = collect(dir.path(), at_once().with_allow_missing(true))
        .await
        .unwrap();
    assert_eq!((report.kept.blobs, report.removed.blobs), (1, 2));
    assert!(path(dir.path(), &list).exists());
}

#[tokio::test]
async fn an_absent_subject_is_no_reason_to_stop() {
    let (dir, store) = layout().await;
    let nowhere = Descriptor::of(MediaType::OCI_MANIFEST, b"nowhere");
    let referrer = push_manifest(&store, "layer", Some(&nowhere)).await;
    let report = collect(dir.path(), at_once()).await.unwrap();
    assert_eq!((report.kept.blobs, report.removed.blobs), (3, 0));
    assert_whole_without_subject(&store, &referrer).await;
}

async fn assert_whole_without_subject(store: &LayoutStore, target: &Descriptor) {
    let manifest = store.fetch_manifest(target, 1 << 20).await.unwrap();
    for layer in manifest.layers() {
        store.fetch_all(layer, 1 << 20).await.unwrap();
    }
}

#[tokio::test]
async fn a_subject_of_another_size_is_known_by_its_digest() {
    let (dir, store) = layout().await;
    let image = push_manifest(&store, "image", None).await;
    let mut wrong = image.clone();
    wrong.size = 1;
    let signature = push_manifest(&store, "signature", Some(&wrong)).await;
    store.tag(&signature, "signature").await.unwrap();
    let report = collect(dir.path(), at_once().with_remove_untagged(true))
        .await
        .unwrap();
    assert_eq!(report.removed.blobs, 0);
    assert_whole(&store, &image).await;
}

#[tokio::test]
async fn a_deep_chain_does_not_overflow_the_stack() {
    let (dir, _) = layout().await;
    let write = |bytes: &[u8], media_type| {
        let target = Descriptor::of(media_type, bytes);
        fs::create_dir_all(dir.path().join("blobs/sha256")).unwrap();
        fs::write(path(dir.path(), &target), bytes).unwrap();
        target
    };
    let mut subject: Option<Descriptor> = None;
    let mut entries = Vec::new();
    let mut nested = write(b"{\"schemaVersion\":2,\"manifests\":[]}", MediaType::OCI_INDEX);
    for _ in 0..10_000 {
        let mut manifest = ImageManifest::new(write(b"{}", MediaType::OCI_EMPTY));
        manifest.subject = subject;
        let manifest = manifest.to_content();
        let written = write(manifest.bytes(), MediaType::OCI_MANIFEST);
        entries.push(written.clone());
        subject = Some(written);
        nested = write(
            ImageIndex::new(vec![nested]).to_content().bytes(),
            MediaType::OCI_INDEX,
        );
    }
    let tag = |entry: &Descriptor, name| {
        entry
            .clone()
            .with_annotation("org.opencontainers.image.ref.name", name)
    };
    entries[0] = tag(&entries[0], "first");
    entries.push(tag(&nested, "nested"));
    fs::write(
        dir.path().join("index.json"),
        json!({"schemaVersion": 2, "manifests": entries}).to_string(),
    )
    .unwrap();
    let opts = at_once().with_remove_untagged(true);
    let report = collect(dir.path(), opts.clone()).await.unwrap();
    assert_eq!((report.kept.blobs, report.removed.blobs), (20_002, 0));
    fs::write(
        dir.path().join("index.json"),
        json!({"schemaVersion": 2, "manifests": [nested]}).to_string(),
    )
    .unwrap();
    let report = collect(dir.path(), opts).await.unwrap();
    assert_eq!(report.removed.blobs, 20_002);
}

#[tokio::test]
async fn a_manifest_of_100_000_layers_is_read_once() {
    let (dir, store) = layout().await;
    let mut manifest = ImageManifest::new(Descriptor::empty_json());
    push(&store, MediaType::OCI_EMPTY, b"{}").await;
    let layers = (0..20_000).map(|n: u32| Descriptor::of("a/b".parse().unwrap(), &n.to_le_bytes()));
    manifest.layers = layers.collect();
    let wide: Vec<Descriptor> = futures_util::future::join_all((0..5).map(|n| {
        let mut manifest = manifest.clone();
        manifest.annotations.insert("n".into(), n.to_string());
        let content = manifest.to_content();
        let store = &store;
        async move { push(store, MediaType::OCI_MANIFEST, content.bytes()).await }
    }))
    .await;
    let present = push(&store, "a/b".parse().unwrap(), &7u32.to_le_bytes()).await;
    push(&store, MediaType::OCTET_STREAM, b"stray").await;
    let list = push(
        &store,
        MediaType::OCI_INDEX,
        ImageIndex::new(wide).to_content().bytes(),
    )
    .await;
    store.tag(&list, "wide").await.unwrap();
    let report = collect(dir.path(), at_once().with_remove_untagged(true))
        .await
        .unwrap();
    assert_eq!((report.kept.blobs, report.removed.blobs), (8, 1));
    assert!(path(dir.path(), &present).exists());
}
