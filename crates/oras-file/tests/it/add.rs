//! Files that are added, and what becomes of them afterwards.

use std::fs;
use std::path::Path;

use oras_content::{ErrorKind, MediaType, Store, StoreExt, VerifyError};
use oras_file::FileStore;

#[tokio::test]
async fn an_added_file_is_described_and_fetched() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), "hello").unwrap();
    let store = FileStore::new(dir.path());
    let plain = store.add("a.txt", None, None).await.unwrap();
    assert_eq!(plain.media_type, MediaType::OCI_LAYER);
    assert_eq!((plain.title(), plain.size), (Some("a.txt"), 5));
    assert!(store.exists(&plain).await.unwrap());
    assert_eq!(store.fetch_all(&plain, 5).await.unwrap().bytes(), "hello");
    assert_eq!(store.resolve(plain.digest.as_str()).await.unwrap(), plain.plain());
}

#[tokio::test]
async fn an_added_file_may_be_elsewhere_and_of_any_type() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = other.path().join("b");
    fs::write(&path, "text").unwrap();
    fs::write(dir.path().join("c"), "more").unwrap();
    let store = FileStore::new(dir.path());
    let kind = MediaType::from_static("text/plain");
    let absolute = store.add("name", Some(kind.clone()), Some(&path)).await.unwrap();
    assert_eq!(
        (absolute.media_type.clone(), absolute.title()),
        (kind, Some("name"))
    );
    let relative = store.add("other", None, Some(Path::new("c"))).await.unwrap();
    assert_eq!(store.fetch_all(&absolute, 4).await.unwrap().bytes(), "text");
    assert_eq!(store.fetch_all(&relative, 4).await.unwrap().bytes(), "more");
}

#[tokio::test]
async fn a_file_that_changed_fails_verification() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    fs::write(&path, "hello").unwrap();
    let store = FileStore::new(dir.path());
    let added = store.add("a", None, None).await.unwrap();

    fs::write(&path, "jello").unwrap();
    let error = store.fetch_all(&added, 5).await.unwrap_err();
    assert!(
        matches!(error.cause(), Some(VerifyError::Digest { .. })),
        "{error:?}"
    );
    fs::write(&path, "hello, world").unwrap();
    let error = store.fetch_all(&added, 5).await.unwrap_err();
    assert!(
        matches!(error.cause(), Some(VerifyError::Size { .. })),
        "{error:?}"
    );
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    fs::remove_file(&path).unwrap();
    assert!(store.fetch_all(&added, 5).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_name_is_added_once() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "one").unwrap();
    fs::write(dir.path().join("b"), "two").unwrap();
    let store = FileStore::new(dir.path());
    store.add("a", None, None).await.unwrap();
    for (name, path) in [("a", "a"), ("./x/../a", "a"), ("a", "b")] {
        let error = store.add(name, None, Some(Path::new(path))).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::DuplicateName), "{error:?}");
        assert!(error.to_string().contains("\"a\" a second time"), "{error}");
    }
    store.add("b", None, Some(Path::new("a"))).await.unwrap();
}

#[tokio::test]
async fn names_are_cleaned() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("d")).unwrap();
    fs::write(dir.path().join("d/g"), "g").unwrap();
    fs::write(dir.path().join("a:b"), "colon").unwrap();
    let store = FileStore::new(dir.path());
    let cleaned = store.add("./d/../d//g", None, None).await.unwrap();
    assert_eq!(cleaned.title(), Some("d/g"));
    #[cfg(unix)]
    assert_eq!(store.add("a:b", None, None).await.unwrap().title(), Some("a:b"));
}

#[tokio::test]
async fn what_is_no_file_is_not_added() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::new(dir.path());
    let error = store.add("missing", None, None).await.unwrap_err();
    assert!(
        error.is_not_found() && error.to_string().contains("missing"),
        "{error}"
    );
    #[cfg(unix)]
    {
        let error = store
            .add("null", None, Some(Path::new("/dev/null")))
            .await
            .unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Refused), "{error:?}");
    }
}
