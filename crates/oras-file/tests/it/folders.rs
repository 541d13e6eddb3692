//! Folders: packed when they are added, unpacked when they are pulled.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use bytes::Bytes;
use oras_content::{
    Descriptor, ErrorChain, ErrorKind, ImageManifest, MediaType, Payload, Pushed, StageOptions, Store,
    StoreExt, WriterExt, annotations,
};
use oras_file::{Compression, FileOptions, FileStore, FromPath, PackOptions};

use crate::names;

/// A folder `docs` with a file, a program and a link.
fn docs(dir: &Path) {
    fs::create_dir_all(dir.join("docs/sub")).unwrap();
    fs::write(dir.join("docs/a.txt"), "hello").unwrap();
    fs::write(dir.join("docs/sub/tool"), "#!").unwrap();
    fs::set_permissions(dir.join("docs/sub/tool"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("a.txt", dir.join("docs/link")).unwrap();
}

async fn added() -> (tempfile::TempDir, FileStore, Descriptor) {
    let dir = tempfile::tempdir().unwrap();
    docs(dir.path());
    let store = FileStore::new(dir.path());
    let folder = store.add("docs", None, None).await.unwrap();
    (dir, store, folder)
}

async fn content(store: &FileStore, target: &Descriptor) -> Bytes {
    store.fetch_all(target, 1 << 20).await.unwrap().bytes().clone()
}

#[track_caller]
fn assert_docs(dir: &Path) {
    assert_eq!(fs::read(dir.join("docs/a.txt")).unwrap(), b"hello");
    assert_eq!(fs::read_link(dir.join("docs/link")).unwrap(), Path::new("a.txt"));
    let tool = fs::metadata(dir.join("docs/sub/tool")).unwrap();
    assert_eq!(tool.permissions().mode() & 0o777, 0o755);
}

#[tokio::test]
async fn a_folder_comes_back() {
    let (_from, source, folder) = added().await;
    assert_eq!(folder.media_type, MediaType::OCI_LAYER_GZIP);
    assert_eq!(folder.title(), Some("docs"));
    assert_eq!(folder.annotation(annotations::UNPACK), Some("true"));
    let to = tempfile::tempdir().unwrap();
    let store = FileStore::new(to.path());

    let pushed = store
        .push(&folder, content(&source, &folder).await)
        .await
        .unwrap();

    assert_eq!(pushed, Pushed::Stored);
    assert_docs(to.path());
    assert!(store.exists(&folder).await.unwrap());
    assert_eq!(content(&store, &folder).await, content(&source, &folder).await);
    let again = store
        .push(&folder, content(&source, &folder).await)
        .await
        .unwrap();
    assert_eq!(again, Pushed::Present);
    drop(store);
    assert_eq!(names(to.path()), ["docs"]);
}

#[tokio::test]
async fn a_second_name_of_a_folder_is_a_second_folder() {
    let (_from, source, folder) = added().await;
    let to = tempfile::tempdir().unwrap();
    let store = FileStore::new(to.path());
    store
        .push(&folder, content(&source, &folder).await)
        .await
        .unwrap();
    // The archive has the name of the first within it, so the second cannot be unpacked: that is told, not passed over.
    let second = folder.clone().with_annotation(annotations::TITLE, "other");
    let mut manifest = ImageManifest::new(Descriptor::empty_json());
    manifest.layers = vec![folder.clone(), second];
    let pushed = store
        .push_bytes(MediaType::OCI_MANIFEST, manifest.to_content().bytes().clone())
        .await;
    assert_eq!(*pushed.unwrap_err().kind(), ErrorKind::PathTraversal);

    drop(store);
    let packed = FileStore::with_options(to.path(), FileOptions::default().with_folders_packed(true));
    for title in ["one.tgz", "two.tgz"] {
        let target = folder.clone().with_annotation(annotations::TITLE, title);
        packed
            .push(&target, content(&source, &folder).await)
            .await
            .unwrap();
    }
    assert_eq!(names(to.path()), ["docs", "one.tgz", "two.tgz"]);
}

#[tokio::test]
async fn a_folder_that_arrives_bit_by_bit_is_unpacked() {
    let (_from, source, folder) = added().await;
    let to = tempfile::tempdir().unwrap();
    let store = FileStore::new(to.path());
    let bytes = content(&source, &folder).await;
    let half = bytes.len() / 2;
    let mut staged = store
        .stager()
        .unwrap()
        .stage(StageOptions::default())
        .await
        .unwrap();
    staged.write_at(half as u64, bytes.slice(half..)).await.unwrap();
    staged.write_at(0, bytes.slice(..half)).await.unwrap();
    staged.commit(&folder).await.unwrap();
    assert_docs(to.path());
}

#[tokio::test]
async fn the_same_folder_is_the_same_content() {
    let (_a, _, first) = added().await;
    let (_b, _, second) = added().await;
    assert_eq!(first, second);
}

#[tokio::test]
async fn what_is_wrong_with_an_archive_leaves_nothing() {
    let (_from, source, folder) = added().await;
    let packed = content(&source, &folder).await;
    let other = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let digest = |text: &str| folder.clone().with_annotation(annotations::CONTENT_DIGEST, text);
    let garbage = Descriptor::of(MediaType::OCI_LAYER_GZIP, b"garbage")
        .with_annotation(annotations::TITLE, "docs")
        .with_annotation(annotations::UNPACK, "true");
    for (target, bytes, kind) in [
        (digest(other), packed.clone(), ErrorKind::Verify),
        (digest("x"), packed.clone(), ErrorKind::InvalidDigest),
        (digest("sha3:aaaa"), packed.clone(), ErrorKind::InvalidDigest),
        (folder.clone(), Bytes::from("else"), ErrorKind::Verify),
        (garbage, Bytes::from("garbage"), ErrorKind::Refused),
    ] {
        let to = tempfile::tempdir().unwrap();
        let store = FileStore::new(to.path());
        let error = store.push(&target, bytes).await.unwrap_err();
        assert_eq!(*error.kind(), kind, "{}", ErrorChain(&error));
        assert!(
            !ErrorChain(&error).to_string().contains("/proc/"),
            "{}",
            ErrorChain(&error)
        );
        assert!(names(to.path()).is_empty());
        assert!(!store.exists(&target).await.unwrap());
    }
}

#[tokio::test]
async fn an_existing_folder_keeps_what_the_archive_does_not_have() {
    let (_from, source, folder) = added().await;
    let to = tempfile::tempdir().unwrap();
    fs::create_dir(to.path().join("docs")).unwrap();
    fs::write(to.path().join("docs/mine"), "mine").unwrap();
    fs::write(to.path().join("docs/a.txt"), "old").unwrap();

    let keeping = FileOptions::default().with_overwrite_disabled(true);
    let refused = FileStore::with_options(to.path(), keeping)
        .push(&folder, content(&source, &folder).await)
        .await;
    let error = refused.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::WouldOverwrite);
    assert!(error.to_string().contains(to.path().to_str().unwrap()), "{error}");
    assert_eq!(fs::read(to.path().join("docs/a.txt")).unwrap(), b"old");

    let store = FileStore::new(to.path());
    store
        .push(&folder, content(&source, &folder).await)
        .await
        .unwrap();
    assert_docs(to.path());
    assert_eq!(fs::read(to.path().join("docs/mine")).unwrap(), b"mine");
}

#[tokio::test]
async fn how_a_folder_is_packed_is_an_option() {
    let dir = tempfile::tempdir().unwrap();
    docs(dir.path());
    let pack = PackOptions::default().with_compression(Compression::None);
    let store = FileStore::with_options(dir.path(), FileOptions::default().with_pack(pack));
    let folder = store.add("docs", None, None).await.unwrap();
    assert_eq!(folder.media_type, MediaType::OCI_LAYER);
    assert_eq!(
        folder.annotation(annotations::CONTENT_DIGEST),
        Some(folder.digest.as_str())
    );
    let own = "application/x-docs".parse::<MediaType>().unwrap();
    let named = store
        .add("other", Some(own.clone()), Some(Path::new("docs")))
        .await
        .unwrap();
    assert_eq!((named.media_type.clone(), named.title()), (own, Some("other")));
}

#[tokio::test]
async fn a_forced_push_writes_again_what_was_altered() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::new(dir.path());
    let hello = crate::push(&store, "a.txt", "hello").await.unwrap();
    fs::write(dir.path().join("a.txt"), "jello").unwrap();
    let opts = oras_content::PushOptions::default().with_force(true);
    let writer = store.writer().unwrap();
    let pushed = writer
        .push_opts(&hello, Payload::from_bytes("hello"), opts)
        .await
        .unwrap();
    assert_eq!(pushed, Pushed::Stored);
    assert_eq!(fs::read(dir.path().join("a.txt")).unwrap(), b"hello");
}

#[tokio::test]
async fn a_file_that_is_right_already_is_not_read_from_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    for (text, expected) in [("hello", Pushed::Present), ("jello", Pushed::Stored)] {
        fs::write(dir.path().join("a.txt"), text).unwrap();
        let store = FileStore::new(dir.path());
        let target = crate::titled("a.txt", "hello");
        let pushed = store.push(&target, Payload::from_bytes("hello")).await.unwrap();
        assert_eq!(pushed, expected);
        assert_eq!(content(&store, &target).await, "hello");
    }
    // The payload of a file that is there is not even opened.
    let store = FileStore::new(dir.path());
    let stream = oras_content::Content::new(futures_util::stream::pending(), None);
    let pushed = store
        .push(&crate::titled("a.txt", "hello"), Payload::from(stream))
        .await;
    assert_eq!(pushed.unwrap(), Pushed::Present);
}

#[tokio::test]
async fn a_folder_is_no_payload() {
    let dir = tempfile::tempdir().unwrap();
    let error = Payload::from_path(dir.path()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn the_folder_of_the_store_comes_back_into_another() {
    let from = tempfile::tempdir().unwrap();
    docs(from.path());
    let source = FileStore::new(from.path());
    let everything = source.add("./docs/..", None, None).await.unwrap();
    assert_eq!(everything.title(), Some("."));
    let to = tempfile::tempdir().unwrap();
    fs::write(to.path().join("mine"), "mine").unwrap();
    let store = FileStore::new(to.path().join("."));
    let bytes = content(&source, &everything).await;
    store.push(&everything, bytes.clone()).await.unwrap();
    drop(store);
    assert_docs(to.path());
    assert_eq!(names(to.path()), ["docs", "mine"]);

    let keeping = FileOptions::default().with_overwrite_disabled(true);
    let refused = FileStore::with_options(to.path(), keeping.clone())
        .push(&everything, bytes.clone())
        .await;
    assert_eq!(*refused.unwrap_err().kind(), ErrorKind::WouldOverwrite);
    let new = to.path().join("new");
    let keeping = FileStore::with_options(&new, keeping);
    keeping.push(&everything, bytes).await.unwrap();
    assert_docs(&new);
}

#[tokio::test]
async fn no_file_is_called_like_the_folder_of_the_store() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "a").unwrap();
    let store = FileStore::new(dir.path());
    let path = Some(Path::new("a"));
    let added = store.add(".", None, path).await.unwrap_err();
    let file = Descriptor::of(MediaType::OCI_LAYER, b"b").with_annotation(annotations::TITLE, ".");
    let pushed = store.push(&file, "b").await.unwrap_err();
    for error in [added, pushed] {
        assert_eq!(*error.kind(), ErrorKind::Refused, "{error:?}");
    }
    assert_eq!(names(dir.path()), ["a"]);
}
