//! Which folders can become layouts, and which can be opened.

use std::fs;

use oras_content::{ErrorChain, ErrorKind, MediaType, Store, WriterExt};
use oras_layout::{LayoutOptions, LayoutStore};

use crate::files;

#[tokio::test]
async fn a_missing_folder_becomes_a_layout() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("a/b");
    let store = LayoutStore::create(&dir).await.unwrap();
    assert_eq!(store.path(), dir);
    assert_eq!(
        fs::read_to_string(dir.join("oci-layout")).unwrap(),
        r#"{"imageLayoutVersion":"1.0.0"}"#
    );
    assert_eq!(
        fs::read_to_string(dir.join("index.json")).unwrap(),
        r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#
    );
    assert!(dir.join("blobs").is_dir());
}

#[tokio::test]
async fn a_folder_with_other_files_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.txt"), "dear").unwrap();
    let error = LayoutStore::create(dir.path()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Refused), "{error:?}");
    assert!(ErrorChain(&error).to_string().contains("not empty"), "{error}");
    assert_eq!(files(dir.path()), ["thesis.txt"]);
}

#[tokio::test]
async fn a_place_for_an_archive_or_a_file_becomes_no_folder() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "dear").unwrap();
    for place in [dir.path().join("x.tar"), file.clone()] {
        let error = LayoutStore::create(&place).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Refused), "{error:?}");
        let store = error.subject().unwrap().store();
        assert!(
            matches!(store, Some(oras_content::StoreName::Layout(_))),
            "{error:?}"
        );
    }
    assert_eq!(files(dir.path()), ["file"]);
}

#[tokio::test]
async fn a_creation_that_was_killed_is_finished() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(".oras.lock"), "").unwrap();
    fs::write(dir.path().join(".oras-tmp-x"), "{").unwrap();
    LayoutStore::create(dir.path()).await.unwrap();

    fs::remove_file(dir.path().join("index.json")).unwrap();
    let error = LayoutStore::open(dir.path()).await.unwrap_err();
    assert!(
        error.is_not_found() && error.to_string().contains("index.json"),
        "{error}"
    );
    LayoutStore::create(dir.path()).await.unwrap();
    LayoutStore::open(dir.path()).await.unwrap();
}

#[tokio::test]
async fn what_is_no_layout_is_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    for path in [dir.path().to_owned(), dir.path().join("missing")] {
        let error = LayoutStore::open(&path).await.unwrap_err();
        assert!(error.is_not_found(), "{error:?}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

#[tokio::test]
async fn another_version_is_unsupported() {
    let dir = tempfile::tempdir().unwrap();
    LayoutStore::create(dir.path()).await.unwrap();
    fs::write(dir.path().join("oci-layout"), r#"{"imageLayoutVersion":"2.0.0"}"#).unwrap();
    for opened in [
        LayoutStore::open(dir.path()).await,
        LayoutStore::create(dir.path()).await,
    ] {
        let error = opened.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unsupported), "{error:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_read() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let hello = store.push_bytes(MediaType::OCTET_STREAM, "hello").await.unwrap();
    // A folder in place of the lock file stops everyone, even an administrator.
    let _ = fs::remove_file(dir.path().join(".oras.lock"));
    fs::create_dir(dir.path().join(".oras.lock")).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();

    let again = LayoutStore::open(dir.path()).await.unwrap();
    assert!(again.exists(&hello).await.unwrap());
    let error = again
        .push_bytes(MediaType::OCI_INDEX, r#"{"schemaVersion":2}"#)
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Storage), "{error:?}");
    assert!(
        error.to_string().contains(dir.path().to_str().unwrap()),
        "{error}"
    );
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn leftovers_are_removed_once_they_are_old() {
    let dir = tempfile::tempdir().unwrap();
    LayoutStore::create(dir.path()).await.unwrap();
    for leftover in [".oras-tmp-a", "blobs/.oras-tmp-b"] {
        fs::write(dir.path().join(leftover), "half").unwrap();
    }
    LayoutStore::create(dir.path()).await.unwrap();
    assert!(files(dir.path()).contains(&"blobs/.oras-tmp-b".to_owned()));

    let opts = LayoutOptions::default().with_sweep_grace(std::time::Duration::ZERO);
    LayoutStore::create_with(dir.path(), opts).await.unwrap();
    assert!(
        files(dir.path()).iter().all(|name| !name.contains("tmp")),
        "{:?}",
        files(dir.path())
    );
}

#[test]
fn many_may_create_one_layout_at_the_same_time() {
    for _ in 0..30 {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("layout");
        std::thread::scope(|scope| {
            let create = || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(LayoutStore::create(&dir)).map(drop)
            };
            let creators: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
            for creator in creators {
                creator.join().unwrap().unwrap();
            }
        });
    }
}
