//! What a collection keeps, and what it removes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use oras_content::{
    Descriptor, Error, ErrorKind, ImageIndex, ImageManifest, MediaType, Store, StoreExt, Untagger, WriterExt,
};
use oras_layout::{GcOptions, GcReport, LayoutOptions, LayoutStore};
use serde_json::json;

use crate::relied::{age, path};
use crate::{files, index, push, push_manifest, tags};

pub(crate) fn at_once() -> GcOptions {
    GcOptions::default().with_grace(Duration::ZERO)
}

async fn collect(dir: &Path, opts: GcOptions) -> Result<GcReport, Error> {
    LayoutStore::open(dir).await?.gc(opts).await
}

/// Everything that `target` leads to is there.
pub(crate) async fn assert_whole(store: &LayoutStore, target: &Descriptor) {
    let mut todo = vec![target.clone()];
    while let Some(next) = todo.pop() {
        let content = store.fetch_all(&next, 1 << 20).await.unwrap();
        if next.is_manifest() {
            let manifest = oras_content::Manifest::parse(content).unwrap();
            todo.extend(manifest.successors().cloned());
        }
    }
}

async fn layout() -> (tempfile::TempDir, LayoutStore) {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    (dir, store)
}

fn roots(dir: &Path) -> Vec<String> {
    let index = index(dir);
    let entries = index["manifests"].as_array().unwrap();
    let digest = |entry: &serde_json::Value| entry["digest"].as_str().unwrap().to_owned();
    entries.iter().map(digest).collect()
}

#[tokio::test]
async fn what_the_index_leads_to_is_kept_and_the_rest_goes() {
    let (dir, store) = layout().await;
    let image = push_manifest(&store, "layer", None).await;
    let referrer = push_manifest(&store, "signature", Some(&image)).await;
    store.tag(&image, "v1").await.unwrap();
    let untagged = push_manifest(&store, "untagged", None).await;
    let child = push_manifest(&store, "child", None).await;
    let list = ImageIndex::new(vec![child.clone()]).to_content();
    let list = push(&store, MediaType::OCI_INDEX, list.bytes()).await;
    let stray = push(&store, MediaType::OCTET_STREAM, b"stray").await;

    let report = collect(dir.path(), at_once()).await.unwrap();
    assert_eq!((report.removed.blobs, report.removed.bytes), (1, 5));
    assert_eq!(report.removed_blobs, std::slice::from_ref(&stray));
    assert_eq!(report.kept.blobs, 10);
    assert!(report.unlisted.is_empty());
    assert!(!path(dir.path(), &stray).exists());
    for kept in [&image, &referrer, &untagged, &list] {
        assert_whole(&store, kept).await;
    }
    assert_eq!(collect(dir.path(), at_once()).await.unwrap().removed.blobs, 0);
}

#[tokio::test]
async fn untagged_manifests_go_on_request_and_referrers_of_what_is_kept_stay() {
    let (dir, store) = layout().await;
    let image = push_manifest(&store, "image", None).await;
    let signature = push_manifest(&store, "signature", Some(&image)).await;
    let of_signature = push_manifest(&store, "of the signature", Some(&signature)).await;
    store.tag(&image, "v1").await.unwrap();
    let old = push_manifest(&store, "old", None).await;
    let of_old = push_manifest(&store, "of the old one", Some(&old)).await;
    let report = collect(dir.path(), at_once().with_remove_untagged(true))
        .await
        .unwrap();
    assert_eq!(report.removed.blobs, 4);
    let mut gone: Vec<_> = report.unlisted.iter().map(|entry| &entry.digest).collect();
    gone.sort();
    let mut expected = vec![&old.digest, &of_old.digest];
    expected.sort();
    assert_eq!(gone, expected);
    assert_eq!(roots(dir.path()).len(), 3);
    let again = LayoutStore::open(dir.path()).await.unwrap();
    for kept in [&image, &signature, &of_signature] {
        assert_whole(&again, kept).await;
        assert!(again.exists(kept).await.unwrap());
    }
    for gone in [&old, &of_old] {
        assert!(!store.exists(gone).await.unwrap());
    }
}

#[tokio::test]
async fn a_tagged_referrer_keeps_its_subject() {
    let (dir, store) = layout().await;
    let image = push_manifest(&store, "image", None).await;
    let signature = push_manifest(&store, "signature", Some(&image)).await;
    store.tag(&signature, "signature").await.unwrap();
    collect(dir.path(), at_once().with_remove_untagged(true))
        .await
        .unwrap();
    assert_whole(&store, &signature).await;
}

#[tokio::test]
async fn what_is_fresh_is_kept_with_all_that_it_leads_to() {
    let (dir, store) = layout().await;
    let stray = push(&store, MediaType::OCTET_STREAM, b"stray").await;
    let manifest = push_manifest(&store, "layer", None).await;
    let layer = Descriptor::of(MediaType::OCTET_STREAM, b"layer");
    let child = push_manifest(&store, "child", None).await;
    let list = ImageIndex::new(vec![child.clone()]).to_content();
    let list = push(&store, MediaType::OCI_INDEX, list.bytes()).await;
    for old in [&layer, &Descriptor::empty_json(), &list] {
        age(dir.path(), old);
    }
    let opts = GcOptions::default().with_remove_untagged(true);
    let report = collect(dir.path(), opts.clone()).await.unwrap();
    assert_eq!(report.fresh.blobs, 1);
    assert_eq!(report.removed_blobs, std::slice::from_ref(&list));
    assert!(path(dir.path(), &stray).exists());
    let again = LayoutStore::open(dir.path()).await.unwrap();
    for kept in [&manifest, &child] {
        assert_whole(&again, kept).await;
        assert!(again.exists(kept).await.unwrap(), "it is listed");
    }
    for old in [&manifest, &child, &stray] {
        age(dir.path(), old);
    }
    let report = collect(dir.path(), opts).await.unwrap();
    assert_eq!(
        report.kept.blobs + report.fresh.blobs,
        1,
        "a child was just written: {report:?}"
    );
}

#[tokio::test]
async fn files_that_are_no_blobs_stay() {
    let (dir, store) = layout().await;
    push(&store, MediaType::OCTET_STREAM, b"stray").await;
    let unknown = format!("blobs/blake3/{}", "0".repeat(64));
    let strange = format!("blobs/sha256/{}", "A".repeat(64));
    let foreign = [
        "blobs/sha256/README",
        "blobs/note",
        "extra/file",
        &*unknown,
        &*strange,
    ];
    for name in foreign {
        fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
        fs::write(dir.path().join(name), "foreign").unwrap();
    }
    let folder = dir.path().join("blobs/sha256").join("1".repeat(64));
    fs::create_dir(&folder).unwrap();
    let report = collect(dir.path(), at_once()).await.unwrap();
    assert_eq!(report.removed.blobs, 1);
    assert!(folder.is_dir());
    let left = files(dir.path());
    for name in foreign {
        assert!(left.iter().any(|file| file == name), "{name} in {left:?}");
    }
}

#[tokio::test]
async fn left_overs_go_once_they_are_old() {
    let (dir, _) = layout().await;
    let left = [".oras-tmp-a", "blobs/.oras-tmp-b", "blobs/.oras-part-c"];
    let left = left.map(|name| dir.path().join(name));
    left.iter().for_each(|path| fs::write(path, "half").unwrap());
    assert_eq!(collect(dir.path(), at_once()).await.unwrap().leftovers, 0);
    for path in &left {
        let file = fs::File::options().write(true).open(path).unwrap();
        let before = std::time::SystemTime::now() - Duration::from_secs(120);
        file.set_modified(before).unwrap();
    }
    assert_eq!(
        collect(dir.path(), GcOptions::default()).await.unwrap().leftovers,
        0
    );
    assert_eq!(collect(dir.path(), at_once()).await.unwrap().leftovers, 2);
    let opts = LayoutOptions::default().with_part_grace(Duration::ZERO);
    let store = LayoutStore::open_with(dir.path(), opts).await.unwrap();
    assert_eq!(store.gc(GcOptions::default()).await.unwrap().leftovers, 1);
}

#[tokio::test]
async fn a_dry_run_tells_and_changes_nothing() {
    let (dir, store) = layout().await;
    let kept = push_manifest(&store, "kept", None).await;
    store.tag(&kept, "v1").await.unwrap();
    push_manifest(&store, "untagged", None).await;
    push(&store, MediaType::OCTET_STREAM, b"stray").await;
    let before = (files(dir.path()), index(dir.path()));
    let opts = at_once().with_remove_untagged(true);
    let told = collect(dir.path(), opts.clone().with_dry_run(true))
        .await
        .unwrap();
    assert_eq!((files(dir.path()), index(dir.path())), before);
    let mut done = collect(dir.path(), opts).await.unwrap();
    done.removed_blobs.sort_by(|a, b| a.digest.cmp(&b.digest));
    let mut expected = told;
    expected.removed_blobs.sort_by(|a, b| a.digest.cmp(&b.digest));
    assert_eq!(done, expected);
    assert_eq!(done.removed.blobs, 3);
}

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
        // Nothing leads to it yet.
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

#[cfg(unix)]
#[tokio::test]
async fn blobs_behind_a_link_are_others_too() {
    let (dir, store) = layout().await;
    let stray = push(&store, MediaType::OCTET_STREAM, b"stray").await;
    let shared = tempfile::tempdir().unwrap();
    for name in ["blobs/sha256", "blobs"] {
        let (own, elsewhere) = (dir.path().join(name), shared.path().join("moved"));
        fs::rename(&own, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &own).unwrap();
        let error = collect(dir.path(), at_once()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Refused), "{error:?}");
        assert!(path(dir.path(), &stray).exists());
        fs::remove_file(&own).unwrap();
        fs::rename(&elsewhere, &own).unwrap();
    }
}

#[tokio::test]
async fn what_was_untagged_goes_on_request() {
    let (dir, store) = layout().await;
    let target = push_manifest(&store, "x", None).await;
    store.tag(&target, "v1").await.unwrap();
    store.untag(&"v1".parse().unwrap()).await.unwrap();
    let opts = at_once().with_remove_untagged(true);
    assert_eq!(store.gc(opts).await.unwrap().removed.blobs, 3);
    assert!(roots(dir.path()).is_empty() && tags(&store).await.is_empty());
    assert!(!store.exists(&target).await.unwrap());
    let again = push_manifest(&store, "x", None).await;
    assert_whole(&store, &again).await;
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
