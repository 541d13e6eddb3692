//! Layouts written as tar archives.

use std::fs::{self, File};
use std::path::Path;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::stream::{self, StreamExt};
use oras_archive::{EntryKind, Reader};
use oras_conformance::Suite;
use oras_content::{
    Content, Descriptor, ErrorKind, ImageManifest, MediaType, Payload, PredecessorFinder, PushOptions,
    Pushed, Store, StoreExt, TagListOptions, TagLister, Writer, WriterExt,
};
use oras_layout::{TarLayout, TarLayoutWriter};

use crate::files;

#[tokio::test]
async fn it_keeps_the_promises_of_every_store() {
    let root = tempfile::tempdir().unwrap();
    let count = AtomicU32::new(0);
    Suite::new(|| async {
        let name = format!("{}.tar", count.fetch_add(1, Ordering::Relaxed));
        TarLayoutWriter::create(root.path().join(name)).await.unwrap()
    })
    .with_ranges()
    .with_manifests()
    .with_names()
    .with_tag_list()
    .with_predecessors()
    .with_referrers()
    .with_content_list()
    .with_local_files()
    .run()
    .await;
}

/// Pushes a manifest with one layer of this text.
async fn push_manifest(store: &TarLayoutWriter, text: &str, subject: Option<&Descriptor>) -> Descriptor {
    let layer = store
        .push_bytes(MediaType::OCTET_STREAM, text.to_owned())
        .await
        .unwrap();
    store.push_bytes(MediaType::OCI_EMPTY, "{}").await.unwrap();
    let mut manifest = ImageManifest::new(Descriptor::empty_json());
    manifest.layers.push(layer);
    manifest.subject = subject.cloned();
    let bytes = manifest.to_content().bytes().clone();
    store.push_bytes(MediaType::OCI_MANIFEST, bytes).await.unwrap()
}

/// Writes an archive with an artifact and its referrer. Returns both.
async fn written(path: &Path) -> [Descriptor; 2] {
    let archive = TarLayoutWriter::create(path).await.unwrap();
    let subject = push_manifest(&archive, "subject", None).await;
    let referrer = push_manifest(&archive, "referrer", Some(&subject)).await;
    archive.tag(&subject, "v1").await.unwrap();
    archive.finish().await.unwrap();
    [subject, referrer]
}

/// Returns the names in an archive, including folders, in order.
fn names(path: &Path) -> Vec<String> {
    let mut reader = Reader::new(File::open(path).unwrap());
    let mut names = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        let mode = match (&entry.kind, entry.path.starts_with(b"blobs/")) {
            (EntryKind::Folder, _) => 0o755,
            (_, true) => 0o444,
            _ => 0o644,
        };
        assert_eq!((entry.mode, entry.mtime), (mode, 0));
        names.push(String::from_utf8(entry.path).unwrap());
    }
    names
}

fn blob(target: &Descriptor) -> String {
    format!("blobs/{}", target.digest.as_str().replace(':', "/"))
}

#[tokio::test]
async fn manifests_that_are_written_are_the_predecessors_of_their_blobs() {
    let dir = tempfile::tempdir().unwrap();
    let archive = TarLayoutWriter::create(dir.path().join("layout.tar"))
        .await
        .unwrap();
    let config = Descriptor::empty_json();
    let one = push_manifest(&archive, "one", None).await;
    assert_eq!(archive.predecessors(&config).await.unwrap().len(), 1);
    let two = push_manifest(&archive, "two", None).await;
    let found = archive.predecessors(&config).await.unwrap();
    assert_eq!(
        found.iter().map(Descriptor::plain).collect::<Vec<_>>(),
        [one.plain(), two.plain()]
    );
}

#[tokio::test]
async fn what_is_written_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new/layout.tar");
    let [subject, referrer] = written(&path).await;
    let tar = TarLayout::open(&path).await.unwrap();
    assert_eq!(tar.resolve("v1").await.unwrap(), subject);
    assert_eq!(
        tar.predecessors(&subject).await.unwrap()[0].digest,
        referrer.digest
    );
    let manifest = tar.fetch_manifest(&referrer, 4096).await.unwrap();
    let layer = tar.fetch_all(&manifest.layers()[0], 4096).await.unwrap();
    assert_eq!(layer.bytes(), "referrer");
    assert_eq!(files(dir.path()), ["new/layout.tar"]);

    let found = names(&path);
    assert_eq!(found[..2], ["blobs/", "blobs/sha256/"]);
    assert_eq!(found[found.len() - 2..], ["index.json", "oci-layout"]);
    let place = |name: String| found.iter().position(|found| *found == name).unwrap();
    assert!(place(blob(&manifest.layers()[0])) < place(blob(&referrer)));
    // Two layers, one empty config for both, and two manifests.
    assert_eq!(found.len(), 2 + 5 + 2, "{found:?}");
}

#[tokio::test]
async fn the_same_content_makes_the_same_archive() {
    let dir = tempfile::tempdir().unwrap();
    let paths = [dir.path().join("a.tar"), dir.path().join("b.tar")];
    for path in &paths {
        written(path).await;
    }
    let [a, b] = paths.map(|path| fs::read(path).unwrap());
    assert_eq!(a, b);
}

#[tokio::test]
async fn an_archive_that_is_not_finished_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("layout.tar");
    let archive = TarLayoutWriter::create(&path).await.unwrap();
    assert_eq!(
        files(dir.path()),
        [""; 0],
        "nothing is written before the first push"
    );
    let manifest = push_manifest(&archive, "text", None).await;
    assert!(!path.exists());
    assert!(archive.exists(&manifest).await.unwrap());
    drop(archive);
    assert_eq!(files(dir.path()), [""; 0]);
}

#[tokio::test]
async fn what_exists_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("layout.tar");
    let archive = TarLayoutWriter::create(&path).await.unwrap();
    push_manifest(&archive, "text", None).await;
    fs::write(&path, "mine").unwrap();
    let refused = archive.finish().await.unwrap_err();
    assert_eq!(refused.kind(), &ErrorKind::WouldOverwrite);
    let refused = TarLayoutWriter::create(&path).await.unwrap_err();
    assert_eq!(refused.kind(), &ErrorKind::WouldOverwrite);
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    drop(archive);
    assert_eq!(files(dir.path()), ["layout.tar"]);
}

#[tokio::test]
async fn an_archive_that_replaces_another_does_so_when_it_is_finished() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("layout.tar");
    let [old, _] = written(&path).await;
    let before = fs::read(&path).unwrap();
    let archive = TarLayoutWriter::replacing(&path);
    push_manifest(&archive, "given up", None).await;
    drop(archive);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(files(dir.path()), ["layout.tar"]);

    let archive = TarLayoutWriter::replacing(&path);
    let new = push_manifest(&archive, "new", None).await;
    assert_eq!(fs::read(&path).unwrap(), before);
    archive.finish().await.unwrap();
    let read = TarLayout::open(&path).await.unwrap();
    assert!(read.exists(&new).await.unwrap() && !read.exists(&old).await.unwrap());
}

#[tokio::test]
async fn nothing_is_added_to_a_finished_archive() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("layout.tar");
    let archive = TarLayoutWriter::create(&path).await.unwrap();
    let manifest = push_manifest(&archive, "text", None).await;
    archive.finish().await.unwrap();
    let before = fs::read(&path).unwrap();
    let more = archive.push_bytes(MediaType::OCTET_STREAM, "more").await;
    assert_eq!(more.unwrap_err().kind(), &ErrorKind::Refused);
    assert_eq!(
        archive.tag(&manifest, "v1").await.unwrap_err().kind(),
        &ErrorKind::Refused
    );
    assert_eq!(archive.finish().await.unwrap_err().kind(), &ErrorKind::Refused);
    let kept = archive.fetch_all(&manifest, 4096).await.unwrap();
    assert_eq!(kept.descriptor().digest, manifest.digest);
    assert_eq!(fs::read(&path).unwrap(), before);
}

/// Returns content that fills several batches, and is too large to be read ahead.
fn large() -> (Descriptor, Vec<Bytes>) {
    let frames: Vec<Bytes> = (0..80).map(|number| vec![number; 64 * 1024].into()).collect();
    (Descriptor::of(MediaType::OCTET_STREAM, &frames.concat()), frames)
}

fn frames(frames: Vec<Bytes>) -> Content {
    Content::new(stream::iter(frames.into_iter().map(Ok)), None)
}

#[tokio::test]
async fn content_that_fails_verification_or_is_given_up_is_not_in_the_archive() {
    let dir = tempfile::tempdir().unwrap();
    let (target, good) = large();
    let mut archives = Vec::new();
    for name in ["clean.tar", "failed.tar"] {
        let path = dir.path().join(name);
        let archive = TarLayoutWriter::create(&path).await.unwrap();
        if name == "failed.tar" {
            let mut bad = good.clone();
            bad[39] = vec![0; 64 * 1024].into();
            let error = archive.push(&target, frames(bad)).await.unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::Verify);
            let long = [good.clone(), good.clone()].concat();
            let error = archive.push(&target, frames(long)).await.unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::Verify);
            assert!(!archive.exists(&target).await.unwrap());
            give_up(&archive, &target, good.clone()).await;
            assert!(!archive.exists(&target).await.unwrap());
        }
        let small = archive
            .push_bytes(MediaType::OCTET_STREAM, "small")
            .await
            .unwrap();
        assert_eq!(
            archive.push(&target, frames(good.clone())).await.unwrap(),
            Pushed::Stored
        );
        archive.finish().await.unwrap();
        assert_eq!(names(&path)[2..4], [blob(&small), blob(&target)]);
        archives.push(fs::read(path).unwrap());
    }
    assert!(archives[0] == archives[1], "what failed left something");
}

/// Drops a push after part of it was written.
async fn give_up(archive: &TarLayoutWriter, target: &Descriptor, good: Vec<Bytes>) {
    let some = stream::iter(good.into_iter().take(30).map(Ok)).chain(stream::pending());
    let (taken, mut heard) = (AtomicU32::new(0), None);
    let (tell, told) = tokio::sync::oneshot::channel();
    heard.replace(tell);
    let some = some.inspect(move |_| {
        if taken.fetch_add(1, Ordering::Relaxed) == 29 {
            heard.take().unwrap().send(()).unwrap();
        }
    });
    let mut push = pin!(archive.push(target, Content::new(some, None)));
    tokio::select! {
        pushed = &mut push => panic!("{pushed:?}"),
        told = told => told.unwrap(),
    }
}

#[tokio::test]
async fn content_that_is_pushed_twice_at_once_is_there_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("layout.tar");
    let archive = TarLayoutWriter::create(&path).await.unwrap();
    let (target, good) = large();
    let pushes = (0..4).map(|_| archive.push(&target, frames(good.clone())));
    let mut pushed = futures_util::future::try_join_all(pushes).await.unwrap();
    pushed.sort_by_key(|pushed| *pushed == Pushed::Present);
    assert_eq!(
        pushed,
        [Pushed::Stored, Pushed::Present, Pushed::Present, Pushed::Present]
    );
    let forced = PushOptions::default().with_force(true);
    let again = archive.push_opts(&target, frames(good).into(), forced).await;
    assert_eq!(again.unwrap(), Pushed::Stored);
    archive.finish().await.unwrap();
    assert_eq!(names(&path).len(), 2 + 1 + 2);
}

#[tokio::test]
async fn content_that_is_there_is_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    let archive = TarLayoutWriter::create(dir.path().join("layout.tar"))
        .await
        .unwrap();
    let small = archive
        .push_bytes(MediaType::OCTET_STREAM, "small")
        .await
        .unwrap();
    let never = Payload::once(Content::new(stream::pending(), None));
    let opts = PushOptions::default().with_tag("v1".parse().unwrap());
    let pushed = archive.push_opts(&small, never, opts).await.unwrap();
    assert_eq!(pushed, Pushed::Present);
    let tags: Vec<_> = archive
        .tags(TagListOptions::default())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(tags, ["v1"]);
}

#[tokio::test]
async fn digests_with_long_names_are_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("layout.tar");
    let archive = TarLayoutWriter::create(&path).await.unwrap();
    let digest = oras_content::Algorithm::Sha512.digest(b"hello");
    let hello = Descriptor::new(MediaType::OCTET_STREAM, digest, 5);
    archive.push(&hello, "hello").await.unwrap();
    archive.finish().await.unwrap();
    let tar = TarLayout::open(&path).await.unwrap();
    assert_eq!(tar.fetch_all(&hello, 5).await.unwrap().bytes(), "hello");
    assert_eq!(names(&path)[2], "blobs/sha512/");
}

#[tokio::test]
async fn a_manifest_without_its_children_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let archive = TarLayoutWriter::create(dir.path().join("x.tar")).await.unwrap();
    let layer = Descriptor::of(MediaType::OCTET_STREAM, b"layer");
    let mut manifest = oras_content::ImageManifest::new(Descriptor::empty_json());
    manifest.layers.push(layer.clone());
    let manifest = manifest.to_content();
    // The same bytes as a file of another artifact.
    let as_file = Descriptor::of(MediaType::OCTET_STREAM, manifest.bytes());
    archive.push(&as_file, manifest.bytes().to_vec()).await.unwrap();
    assert!(!archive.exists(manifest.descriptor()).await.unwrap());
    archive
        .push(manifest.descriptor(), manifest.clone())
        .await
        .unwrap();
    assert!(!archive.exists(manifest.descriptor()).await.unwrap());
    archive.push(&layer, b"layer".to_vec()).await.unwrap();
    archive.push_bytes(MediaType::OCI_EMPTY, "{}").await.unwrap();
    assert!(archive.exists(manifest.descriptor()).await.unwrap());
    let found = archive
        .resolve(manifest.descriptor().digest.as_str())
        .await
        .unwrap();
    assert_eq!(found.media_type, MediaType::OCI_MANIFEST);
}
