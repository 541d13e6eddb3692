//! The blob store: content without an index.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use oras_conformance::Suite;
use oras_content::{
    ContentLister, Deleter, Descriptor, ErrorKind, MediaType, Payload, PushOptions, Pushed, StageKey,
    StageOptions, Stager, Store, StoreExt, Tag, Verified, Writer, WriterExt,
};
use oras_layout::{BlobStore, BlobStoreOptions, LayoutStore};

use crate::files;

const TEXT: MediaType = MediaType::from_static("text/plain");

fn hello() -> (Descriptor, Bytes) {
    (Descriptor::of(TEXT, b"hello"), Bytes::from_static(b"hello"))
}

fn path_of(content: &Descriptor) -> String {
    format!("blobs/sha256/{}", content.digest.encoded())
}

#[tokio::test]
async fn it_keeps_the_promises_of_every_store() {
    let root = tempfile::tempdir().unwrap();
    let count = AtomicU32::new(0);
    Suite::new(|| async {
        let number = count.fetch_add(1, Ordering::Relaxed).to_string();
        BlobStore::create(root.path().join(number)).await.unwrap()
    })
    .with_ranges()
    .with_local_files()
    .with_delete()
    // Both of these checks set tags.
    .without("tags_go_with_their_manifest")
    .without("deleted_content_can_be_pushed_again")
    .with_staged_ranges()
    .with_resumed_pushes()
    .with_content_list()
    .run()
    .await;
}

#[tokio::test]
async fn content_is_in_a_file_that_nobody_may_write_to() {
    let dir = tempfile::tempdir().unwrap();
    let store = BlobStore::create(dir.path()).await.unwrap();
    let (target, bytes) = hello();
    store.push(&target, bytes.clone()).await.unwrap();
    let streamed = Descriptor::of(TEXT, b"streamed");
    let payload = Payload::from_reader(&b"streamed"[..], None);
    store.push(&streamed, payload).await.unwrap();

    let mut expected = [path_of(&target), path_of(&streamed)];
    expected.sort();
    assert_eq!(files(dir.path()), expected);
    #[cfg(unix)]
    for file in &expected {
        use std::os::unix::fs::PermissionsExt;

        let permissions = fs::metadata(dir.path().join(file)).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, 0o444);
    }
}

#[tokio::test]
async fn a_push_with_a_tag_is_not_supported_and_stores_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = BlobStore::create(dir.path()).await.unwrap();
    let (target, bytes) = hello();
    let tag: Tag = "v1".parse().unwrap();
    let opts = PushOptions::default().with_tag(tag.clone());
    let error = store
        .push_opts(&target, bytes.clone().into(), opts)
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unsupported);
    assert_eq!(files(dir.path()), [""; 0]);

    store.push(&target, bytes).await.unwrap();
    let error = store.set_tag(&target, &tag).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unsupported);
    assert!(store.resolve("v1").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_digest_is_all_that_is_known_of_content() {
    let dir = tempfile::tempdir().unwrap();
    let store = BlobStore::create(dir.path()).await.unwrap();
    let (target, bytes) = hello();
    store.push(&target, bytes).await.unwrap();
    let plain = Descriptor::of(MediaType::OCTET_STREAM, b"hello");
    assert_eq!(store.resolve_blob(&target.digest).await.unwrap(), plain);
    assert_eq!(store.resolve(&target.digest).await.unwrap(), plain);
    let listed: Vec<_> = store.contents().try_collect().await.unwrap();
    assert_eq!(listed, [plain]);
}

#[tokio::test]
async fn what_was_removed_is_gone_and_can_be_pushed_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = BlobStore::create(dir.path()).await.unwrap();
    let (target, bytes) = hello();
    assert!(store.delete(&target).await.unwrap_err().is_not_found());
    store.push(&target, bytes.clone()).await.unwrap();
    store.delete(&target).await.unwrap();
    assert!(!store.exists(&target).await.unwrap());
    assert!(store.delete(&target).await.unwrap_err().is_not_found());
    assert_eq!(store.push(&target, bytes).await.unwrap(), Pushed::Stored);
}

#[tokio::test]
async fn a_damaged_file_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let store = BlobStore::create(dir.path()).await.unwrap();
    let (target, bytes) = hello();
    fs::create_dir_all(dir.path().join("blobs/sha256")).unwrap();
    fs::write(dir.path().join(path_of(&target)), "hel").unwrap();
    assert!(!store.exists(&target).await.unwrap());
    assert_eq!(store.push(&target, bytes).await.unwrap(), Pushed::Stored);
    assert_eq!(store.fetch_all(&target, 5).await.unwrap().bytes(), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn handles_that_know_nothing_of_each_other_push_the_same_content() {
    let dir = tempfile::tempdir().unwrap();
    let (target, bytes) = hello();
    let pushes = (0..16).map(|_| async {
        let store = BlobStore::create(dir.path()).await.unwrap();
        store.push(&target, bytes.clone()).await
    });
    assert!(join_all(pushes).await.iter().all(Result::is_ok));
    assert_eq!(files(dir.path()), [path_of(&target)]);
}

#[tokio::test]
async fn what_is_pushed_again_is_young() {
    let dir = tempfile::tempdir().unwrap();
    let store = BlobStore::create(dir.path()).await.unwrap();
    let (target, bytes) = hello();
    store.push(&target, bytes.clone()).await.unwrap();
    let file = fs::File::open(dir.path().join(path_of(&target))).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(store.push(&target, bytes).await.unwrap(), Pushed::Present);
    let modified = file.metadata().unwrap().modified().unwrap();
    assert!(modified > SystemTime::UNIX_EPOCH + Duration::from_secs(1));
}

#[tokio::test]
async fn an_upload_goes_on_in_the_next_run() {
    let dir = tempfile::tempdir().unwrap();
    let opts = StageOptions::default().with_key(StageKey::id("upload").unwrap());
    let first = BlobStore::create(dir.path()).await.unwrap();
    let mut part = first.stage(opts.clone()).await.unwrap();
    part.append(Bytes::from_static(b"hel")).await.unwrap();
    part.flush().await.unwrap();
    drop(part);

    let second = BlobStore::create(dir.path()).await.unwrap();
    let opts = opts.with_resume(Duration::from_secs(60));
    let mut part = second.stage(opts).await.unwrap();
    assert_eq!(part.len(), 3);
    part.append(Bytes::from_static(b"lo")).await.unwrap();
    let (target, _) = hello();
    part.commit(&target).await.unwrap();
    assert_eq!(files(dir.path()), [path_of(&target)]);
}

#[tokio::test]
async fn leftovers_go_when_the_store_is_created() {
    let dir = tempfile::tempdir().unwrap();
    let store = BlobStore::create(dir.path()).await.unwrap();
    let opts = StageOptions::default().with_key(StageKey::id("upload").unwrap());
    let mut part = store.stage(opts).await.unwrap();
    part.append(Bytes::from_static(b"hel")).await.unwrap();
    part.flush().await.unwrap();
    drop(part);
    assert_eq!(files(dir.path()).len(), 1);
    BlobStore::create(dir.path()).await.unwrap();
    assert_eq!(files(dir.path()).len(), 1);
    let opts = BlobStoreOptions::default().with_part_grace(Duration::ZERO);
    BlobStore::create_with(dir.path(), opts).await.unwrap();
    assert_eq!(files(dir.path()), [""; 0]);
}

#[tokio::test]
async fn only_a_folder_that_is_there_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing");
    assert!(BlobStore::open(&missing).await.unwrap_err().is_not_found());
    assert!(!missing.exists());
    let empty = BlobStore::open(dir.path()).await.unwrap();
    let listed: Vec<Descriptor> = empty.contents().try_collect().await.unwrap();
    assert_eq!(listed, []);
    assert_eq!(files(dir.path()), [""; 0]);
}

#[tokio::test]
async fn the_blobs_of_a_layout_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let layout = LayoutStore::create(dir.path()).await.unwrap();
    let root = crate::push_manifest(&layout, "layer", None).await;
    let before = files(dir.path());

    let store = BlobStore::open(dir.path()).await.unwrap();
    let manifest: Verified = store.fetch_all(&root, root.size).await.unwrap();
    assert_eq!(manifest.descriptor().digest, root.digest);
    assert_eq!(files(dir.path()), before);
}
