//! What a push writes, and what it leaves alone.

use std::fs;

use bytes::Bytes;
use oras_content::{
    Content, Descriptor, Error, ErrorChain, ErrorKind, ImageManifest, MediaType, Payload, Pushed, Store,
    StoreExt, StoreName, WriterExt, annotations,
};
use oras_file::{FileOptions, FileStore, FromPath};

use crate::{names, push, titled};

async fn push_manifest(store: &FileStore, layers: &[Descriptor]) -> oras_content::Result<Descriptor> {
    let mut manifest = ImageManifest::new(Descriptor::empty_json());
    manifest.layers = layers.to_vec();
    store
        .push_bytes(MediaType::OCI_MANIFEST, manifest.to_content().bytes().clone())
        .await
}

#[tokio::test]
async fn a_titled_push_is_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::new(dir.path());
    let hello = push(&store, "hello.txt", "hello").await.unwrap();
    assert_eq!(fs::read_to_string(dir.path().join("hello.txt")).unwrap(), "hello");
    assert_eq!(store.fetch_all(&hello, 5).await.unwrap().bytes(), "hello");
    assert_eq!(store.fetch_all(&hello.plain(), 5).await.unwrap().bytes(), "hello");
    let again = store.push(&hello, Bytes::from("hello")).await;
    assert_eq!(again.unwrap(), Pushed::Present);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(dir.path().join("hello.txt"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o600, 0o600);
        assert_eq!(mode & 0o133, 0);
    }
}

#[tokio::test]
async fn what_fails_leaves_the_old_file() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "old").unwrap();
    let store = FileStore::new(dir.path());
    let target = titled("a", "new");
    let stream = futures_util::stream::iter([Ok(Bytes::from("ne")), Err(Error::unsupported("reading on"))]);
    let bodies = [
        Payload::from(Bytes::from("now")),
        Payload::once(Content::new(stream, None)),
    ];
    for body in bodies {
        store.push(&target, body).await.unwrap_err();
        assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "old");
        assert_eq!(names(dir.path()), ["a"]);
        assert!(!store.exists(&target).await.unwrap());
    }
    push(&store, "a", "new").await.unwrap();
    assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "new");
}

#[tokio::test]
async fn overwriting_can_be_disabled() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "old").unwrap();
    let store = FileStore::with_options(dir.path(), FileOptions::default().with_overwrite_disabled(true));
    let error = push(&store, "a", "new").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldOverwrite), "{error:?}");
    push(&store, "b", "new").await.unwrap();
    assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "old");
    assert_eq!(names(dir.path()), ["a", "b"]);
}

#[tokio::test]
async fn a_name_has_one_content() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::new(dir.path());
    push(&store, "a", "first").await.unwrap();
    for title in ["a", "./a"] {
        let error = push(&store, title, "second").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::DuplicateName), "{error:?}");
    }
    assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "first");
}

#[tokio::test]
async fn one_content_may_have_two_names() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::new(dir.path());
    push(&store, "a", "same").await.unwrap();
    let second = titled("b", "same");
    assert!(!store.exists(&second).await.unwrap());
    // The first file is copied, so the body is not needed.
    let unreadable = Payload::once(Content::new(futures_util::stream::empty(), None));
    store.push(&second, unreadable).await.unwrap();
    assert_eq!(fs::read_to_string(dir.path().join("b")).unwrap(), "same");

    fs::write(dir.path().join("a"), "gone").unwrap();
    push(&store, "c", "same").await.unwrap();
    assert_eq!(fs::read_to_string(dir.path().join("c")).unwrap(), "same");
}

#[tokio::test]
async fn a_manifest_brings_the_names_that_a_copy_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::new(dir.path());
    push(&store, "a", "same").await.unwrap();
    store
        .push_bytes(MediaType::OCTET_STREAM, "unnamed")
        .await
        .unwrap();
    let layers = [
        titled("a", "same"),
        titled("b", "same"),
        titled("c", "unnamed"),
        titled("d", "missing"),
    ];
    push_manifest(&store, &layers).await.unwrap();
    assert_eq!(names(dir.path()), ["a", "b", "c"]);
    assert_eq!(fs::read_to_string(dir.path().join("c")).unwrap(), "unnamed");
    assert!(store.exists(&layers[1]).await.unwrap());
}

#[tokio::test]
async fn a_manifest_with_an_evil_name_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path().join("out"));
    push(&store, "a", "same").await.unwrap();
    let error = push_manifest(&store, &[titled("../b", "same")])
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::PathTraversal), "{error:?}");
    assert_eq!(names(root.path()), ["out"]);
}

#[tokio::test]
async fn what_has_no_name_is_held_up_to_a_limit() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::with_options(dir.path(), FileOptions::default().with_fallback_limit(5));
    let hello = store.push_bytes(MediaType::OCTET_STREAM, "hello").await.unwrap();
    assert_eq!(store.fetch_all(&hello, 5).await.unwrap().bytes(), "hello");
    for media_type in [MediaType::OCTET_STREAM, MediaType::OCI_MANIFEST] {
        let error = store.push_bytes(media_type, "longer").await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::SizeExceedsLimit { limit: 5 }),
            "{error:?}"
        );
    }
    push(&store, "file", "longer").await.unwrap();
    assert_eq!(names(dir.path()), ["file"]);
}

#[tokio::test]
async fn a_manifest_is_never_a_file() {
    use oras_content::{PredecessorFinder, Store};

    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("README.md"), "the user's own").unwrap();
    let store = FileStore::new(dir.path());
    let manifest = ImageManifest::new(Descriptor::empty_json()).to_content();
    for title in ["README.md", "new.json", "../outside"] {
        let target = manifest
            .descriptor()
            .clone()
            .with_annotation(annotations::TITLE, title);
        let body = manifest.bytes().clone();
        store.push(&target, body).await.unwrap();
        assert!(store.exists(&target).await.unwrap());
        assert_eq!(
            store.fetch_all(&target, 1000).await.unwrap().bytes(),
            manifest.bytes()
        );
    }
    let found = store.predecessors(&Descriptor::empty_json()).await.unwrap();
    assert_eq!(found[0].digest, manifest.descriptor().digest);
    assert_eq!(names(dir.path()), ["README.md"]);
    let kept = fs::read_to_string(dir.path().join("README.md")).unwrap();
    assert_eq!(kept, "the user's own");
}

#[tokio::test]
async fn a_read_only_store_writes_no_file() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "a").unwrap();
    let store = FileStore::with_options(dir.path(), FileOptions::default().with_read_only(true));
    store.add("a", None, None).await.unwrap();
    for (title, kind) in [("a", ErrorKind::DuplicateName), ("new", ErrorKind::Refused)] {
        let error = push(&store, title, "other").await.unwrap_err();
        assert_eq!(error.kind(), &kind, "{error:?}");
    }
    let untitled = Descriptor::of(MediaType::OCI_EMPTY, b"{}");
    store.push(&untitled, Bytes::from("{}")).await.unwrap();
    assert_eq!(store.fetch_all(&untitled, 2).await.unwrap().bytes(), "{}");
    assert_eq!(names(dir.path()), ["a"]);
}

#[tokio::test]
async fn a_read_only_store_takes_a_manifest_that_names_its_file_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "a").unwrap();
    let store = FileStore::with_options(dir.path(), FileOptions::default().with_read_only(true));
    let layer = store.add("a", None, None).await.unwrap();
    let layer = layer.with_annotation(annotations::TITLE, "b");
    push_manifest(&store, std::slice::from_ref(&layer)).await.unwrap();
    assert_eq!(store.fetch_all(&layer, 1).await.unwrap().bytes(), "a");
    assert_eq!(names(dir.path()), ["a"]);
}

#[tokio::test]
async fn left_overs_of_a_killed_pull_are_removed_once_they_are_old() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (dir.path().join(".oras-tmp-old"), dir.path().join(".oras-tmp-new"));
    for path in [&old, &new] {
        fs::write(path, "half").unwrap();
    }
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_secs(24 * 3600);
    let file = fs::File::options().write(true).open(&old).unwrap();
    file.set_modified(yesterday).unwrap();
    let store = FileStore::new(dir.path());
    push(&store, "a", "a").await.unwrap();
    assert_eq!(names(dir.path()), [".oras-tmp-new", "a"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_replaced_file_keeps_its_permissions_and_a_device_stays() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tool");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let pipe = dir.path().join("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let store = FileStore::new(dir.path());
    push(&store, "tool", "new").await.unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
    let error = push(&store, "pipe", "x").await.unwrap_err();
    assert!(
        ErrorChain(&error).to_string().contains("a device or a pipe"),
        "{error}"
    );
}

#[tokio::test]
async fn errors_are_about_the_folder_and_those_of_a_payload_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::new(dir.path());
    fs::create_dir(dir.path().join("folder")).unwrap();
    let errors = [
        push(&store, "folder", "x").await.unwrap_err(),
        push(&store, "../out", "x").await.unwrap_err(),
        store.add("missing", None, None).await.unwrap_err(),
        store.resolve("v1").await.unwrap_err(),
    ];
    let folder = StoreName::Folder(dir.path().to_str().unwrap().into());
    for error in errors {
        assert_eq!(error.subject().unwrap().store(), Some(&folder), "{error:?}");
    }
    fs::write(dir.path().join("x"), "x").unwrap();
    let body = Payload::from_path(dir.path().join("x")).await.unwrap();
    fs::remove_file(dir.path().join("x")).unwrap();
    let error = store.push(&titled("y", "x"), body).await.unwrap_err();
    assert!(matches!(&error.kind(), ErrorKind::Payload), "{error:?}");
    assert_eq!(error.subject().unwrap().store(), None);
}
