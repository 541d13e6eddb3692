//! What a garbage collection keeps, and what it removes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use oras_content::{
    Descriptor, Error, ErrorKind, ImageIndex, MediaType, Store, StoreExt, Untagger, WriterExt,
};
use oras_layout::{GcOptions, GcReport, LayoutOptions, LayoutStore};

use crate::relied::{age, path};
use crate::{files, index, push, push_manifest, tags};

pub(crate) fn at_once() -> GcOptions {
    GcOptions::default().with_grace(Duration::ZERO)
}

pub(crate) async fn collect(dir: &Path, opts: GcOptions) -> Result<GcReport, Error> {
    LayoutStore::open(dir).await?.gc(opts).await
}

/// Checks that everything reachable from `target` is present.
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

pub(crate) async fn layout() -> (tempfile::TempDir, LayoutStore) {
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
    let unknown = format!("blobs/other/{}", "0".repeat(64));
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
