//! The faults that a check finds, and those that a repair fixes.

use std::fs;
use std::path::Path;

use oras_content::{Descriptor, ErrorKind, ImageIndex, MediaType, StoreExt, VerifyError, WriterExt};
use oras_layout::{CheckOptions, CheckReport, LayoutStore, NamedBy, Problem, RepairOptions, RepairReport};
use serde_json::json;

use crate::gc::assert_whole;
use crate::relied::path;
use crate::{files, index, push, push_manifest};

/// A layout with an index of two images, one of them signed.
struct Sample {
    dir: tempfile::TempDir,
    store: LayoutStore,
    list: Descriptor,
    image: Descriptor,
    layer: Descriptor,
    signature: Descriptor,
}

impl Sample {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = LayoutStore::create(dir.path()).await.unwrap();
        let image = push_manifest(&store, "layer", None).await;
        let other = push_manifest(&store, "other", None).await;
        let signature = push_manifest(&store, "signature", Some(&image)).await;
        let list = ImageIndex::new(vec![image.clone(), other]).to_content();
        let list = push(&store, MediaType::OCI_INDEX, list.bytes()).await;
        store.tag(&list, "v1").await.unwrap();
        Self {
            layer: Descriptor::of(MediaType::OCTET_STREAM, b"layer"),
            dir,
            store,
            list,
            image,
            signature,
        }
    }

    fn path(&self, target: &Descriptor) -> std::path::PathBuf {
        path(self.dir.path(), target)
    }

    fn remove(&self, target: &Descriptor) {
        fs::remove_file(self.path(target)).unwrap();
    }

    /// Changes a byte, but neither the size nor the time.
    fn flip(&self, target: &Descriptor) {
        let path = self.path(target);
        let mut bytes = fs::read(&path).unwrap();
        bytes[0] ^= 1;
        replace(&path, &bytes);
    }

    async fn check(&self) -> CheckReport {
        self.check_with(CheckOptions::default()).await
    }

    async fn check_with(&self, opts: CheckOptions) -> CheckReport {
        let store = LayoutStore::open(self.dir.path()).await.unwrap();
        store.check(opts).await.unwrap()
    }

    async fn repair(&self, from: &Self) -> RepairReport {
        let store = LayoutStore::open(self.dir.path()).await.unwrap();
        store.repair(&from.store, RepairOptions::default()).await.unwrap()
    }

    async fn assert_mended(&self) {
        let report = self.check().await;
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert_whole(&self.store, &self.list).await;
        assert_whole(&self.store, &self.signature).await;
    }
}

fn replace(path: &Path, bytes: &[u8]) {
    let _ = fs::remove_file(path);
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_whole_layout_has_no_problems() {
    let sample = Sample::new().await;
    let report = sample.check().await;
    assert!(report.is_sound() && report.problems.is_empty(), "{report:?}");
    assert_eq!(report.checked.blobs, 8);
}

#[tokio::test]
async fn a_flipped_bit_is_found_by_hashing_alone() {
    let sample = Sample::new().await;
    sample.flip(&sample.layer);
    let quick = sample
        .check_with(CheckOptions::default().with_hashing(false))
        .await;
    assert!(quick.problems.is_empty(), "{:?}", quick.problems);
    let report = sample.check().await;
    assert!(!report.is_sound());
    let [
        Problem::Damaged {
            content,
            is_named: true,
            error,
        },
    ] = &report.problems[..]
    else {
        panic!("{:?}", report.problems);
    };
    assert_eq!(content.digest, sample.layer.digest);
    assert!(
        matches!(error.cause(), Some(VerifyError::Digest { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_wrong_size_is_found_by_a_quick_check() {
    let sample = Sample::new().await;
    replace(&sample.path(&sample.layer), b"lay");
    let report = sample
        .check_with(CheckOptions::default().with_hashing(false))
        .await;
    let [Problem::Damaged { content, error, .. }] = &report.problems[..] else {
        panic!("{:?}", report.problems);
    };
    assert_eq!((&content.digest, content.size), (&sample.layer.digest, 5));
    assert!(
        matches!(error.cause(), Some(VerifyError::Size { actual: 3, .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_missing_is_found_with_those_who_name_it() {
    let sample = Sample::new().await;
    sample.remove(&Descriptor::empty_json());
    let report = sample.check().await;
    let [Problem::Missing { content, named_by }] = &report.problems[..] else {
        panic!("{:?}", report.problems);
    };
    assert_eq!(content.digest, Descriptor::empty_json().digest);
    assert_eq!(named_by.len(), 3);
    assert!(named_by.contains(&NamedBy::Manifest(sample.image.digest.clone())));

    sample.remove(&sample.list);
    let report = sample.check().await;
    let missing = report.problems.iter().find_map(|problem| match problem {
        Problem::Missing { content, named_by } if content.digest == sample.list.digest => Some(named_by),
        _ => None,
    });
    assert_eq!(missing.unwrap()[..], [NamedBy::Index]);
}

#[tokio::test]
async fn what_is_only_strange_is_told_and_does_no_harm() {
    let sample = Sample::new().await;
    let nowhere = Descriptor::of(MediaType::OCI_MANIFEST, b"nowhere");
    let dangling = push_manifest(&sample.store, "layer", Some(&nowhere)).await;
    let stray = push(&sample.store, MediaType::OCTET_STREAM, b"stray").await;
    let unknown = format!("blobs/other/{}", "0".repeat(64));
    for name in ["blobs/sha256/README", "note", "blobs/file", &*unknown] {
        fs::create_dir_all(sample.dir.path().join(name).parent().unwrap()).unwrap();
        fs::write(sample.dir.path().join(name), "foreign").unwrap();
    }
    let report = sample.check().await;
    assert!(report.is_sound(), "{:?}", report.problems);
    let told: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            format!(
                "referrer without its subject: {} of {}",
                dangling.digest, nowhere.digest
            ),
            format!("cannot be verified: other:{}", "0".repeat(64)),
            format!("unreferenced: {}", stray.digest),
            "does not belong there: blobs/file".to_owned(),
            "does not belong there: blobs/sha256/README".to_owned(),
            "does not belong there: note".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_wrong_marker_is_found() {
    let sample = Sample::new().await;
    let store = LayoutStore::open(sample.dir.path()).await.unwrap();
    let marker = sample.dir.path().join("oci-layout");
    for text in ["{\"imageLayoutVersion\":\"9\"}", "none"] {
        fs::write(&marker, text).unwrap();
        let report = store.check(CheckOptions::default()).await.unwrap();
        assert!(
            matches!(report.problems[..], [Problem::Marker { .. }]),
            "{report:?}"
        );
        assert!(!report.is_sound());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_the_place_of_a_blob_is_damage() {
    let sample = Sample::new().await;
    let outside = sample.dir.path().join(".oras-outside");
    fs::rename(sample.path(&sample.layer), &outside).unwrap();
    std::os::unix::fs::symlink(&outside, sample.path(&sample.layer)).unwrap();
    let report = sample.check().await;
    assert!(
        matches!(&report.problems[0], Problem::Damaged { error, .. } if matches!(error.kind(), ErrorKind::Refused)),
        "{report:?}"
    );
    sample.repair(&Sample::new().await).await;
    sample.assert_mended().await;
    assert_eq!(fs::read(outside).unwrap(), b"layer");
}

#[tokio::test]
async fn damaged_and_missing_content_is_mended() {
    let (sample, backup) = (Sample::new().await, Sample::new().await);
    let before = fs::read(sample.dir.path().join("index.json")).unwrap();
    sample.flip(&sample.layer);
    sample.flip(&sample.image);
    sample.remove(&Descriptor::of(MediaType::OCTET_STREAM, b"other"));
    replace(&sample.path(&sample.signature), b"short");
    let report = sample.repair(&backup).await;
    assert_eq!(report.repaired.len(), 4);
    assert!(report.failed.is_empty(), "{:?}", report.failed);
    sample.assert_mended().await;
    assert_eq!(fs::read(sample.dir.path().join("index.json")).unwrap(), before);
    assert_eq!(files(sample.dir.path()), files(backup.dir.path()));
}

#[tokio::test]
async fn a_graph_of_which_nothing_is_left_is_mended_from_its_root() {
    let (sample, backup) = (Sample::new().await, Sample::new().await);
    fs::remove_dir_all(sample.dir.path().join("blobs")).unwrap();
    let report = sample.repair(&backup).await;
    assert_eq!((report.repaired.len(), report.failed.len()), (8, 0));
    sample.assert_mended().await;
}

#[tokio::test]
async fn what_a_mended_manifest_leads_to_is_known_to_the_same_handle() {
    let (sample, backup) = (Sample::new().await, Sample::new().await);
    sample.remove(&sample.image);
    let store = LayoutStore::open(sample.dir.path()).await.unwrap();
    let found = oras_content::PredecessorFinder::predecessors(&store, &sample.layer).await;
    assert!(found.unwrap().is_empty());
    store
        .repair(&backup.store, RepairOptions::default())
        .await
        .unwrap();
    let found = oras_content::PredecessorFinder::predecessors(&store, &sample.layer).await;
    assert_eq!(found.unwrap()[0].digest, sample.image.digest);
}

#[tokio::test]
async fn what_the_other_store_lacks_or_has_damaged_stays_as_it_is() {
    let (sample, backup) = (Sample::new().await, Sample::new().await);
    sample.flip(&sample.layer);
    let damaged = fs::read(sample.path(&sample.layer)).unwrap();
    sample.remove(&sample.image);
    backup.flip(&backup.layer);
    backup.remove(&backup.image);
    let report = sample.repair(&backup).await;
    assert!(report.repaired.is_empty());
    let mut kinds: Vec<_> = report
        .failed
        .iter()
        .map(|failed| format!("{:?}", failed.error.kind()))
        .collect();
    kinds.sort();
    assert_eq!(kinds, ["NotFound", "Verify"]);
    assert_eq!(fs::read(sample.path(&sample.layer)).unwrap(), damaged);
    assert!(files(sample.dir.path()).iter().all(|file| !file.contains("tmp")));
}

#[tokio::test]
async fn content_that_is_no_manifest_is_not_taken_for_a_mended_one() {
    let (sample, backup) = (Sample::new().await, Sample::new().await);
    let broken = Descriptor::of(MediaType::OCI_MANIFEST, b"{");
    for dir in [&sample.dir, &backup.dir] {
        fs::write(path(dir.path(), &broken), "{").unwrap();
        let mut text = index(dir.path());
        text["manifests"].as_array_mut().unwrap().push(json!(broken));
        fs::write(dir.path().join("index.json"), text.to_string()).unwrap();
    }
    assert!(!sample.check().await.is_sound());
    let report = sample.repair(&backup).await;
    assert!(report.repaired.is_empty());
    assert_eq!(report.failed[0].content.digest, broken.digest);
}

#[tokio::test]
async fn damage_that_nothing_names_is_mended_where_the_digest_is_known() {
    let (sample, backup) = (Sample::new().await, Sample::new().await);
    for store in [&sample.store, &backup.store] {
        push(store, MediaType::OCTET_STREAM, b"stray").await;
    }
    let stray = Descriptor::of(MediaType::OCTET_STREAM, b"stray");
    replace(&sample.path(&stray), b"other");
    let report = sample.repair(&backup).await;
    assert_eq!(report.repaired, std::slice::from_ref(&stray));
    assert_eq!(sample.store.fetch_all(&stray, 5).await.unwrap().bytes(), "stray");
}
