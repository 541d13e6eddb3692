//! The state after a push that failed, was dropped or was killed, and after damage.

use std::fs;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use oras_content::{
    Content, Descriptor, Error, ErrorKind, MediaType, Payload, Store, StoreExt, VerifyError, WriterExt,
};
use oras_layout::LayoutStore;

use crate::{files, push_manifest};

#[tokio::test]
async fn a_failed_push_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let before = files(dir.path());
    let target = Descriptor::of(MediaType::OCTET_STREAM, &[0; 2_000_000]);
    let zeros = || Ok(Bytes::from(vec![0; 1_500_000]));
    let broken = stream::iter([zeros(), Err(Error::unsupported("reading on"))]);
    let wrong = stream::iter([zeros(), Ok(Bytes::from(vec![1; 500_000]))]);
    for frames in [broken.boxed(), wrong.boxed()] {
        let body = Payload::once(Content::new(frames, None));
        store.push(&target, body).await.unwrap_err();
    }
    assert_eq!(files(dir.path()), before);
}

#[tokio::test]
async fn a_push_dropped_at_any_point_leaves_all_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = Bytes::from(vec![7; 1_200_000]);
    let target = Descriptor::of(MediaType::OCTET_STREAM, &bytes);
    for polls in 0.. {
        let store = LayoutStore::create(dir.path().join(polls.to_string()))
            .await
            .unwrap();
        let mut push = store.push(&target, bytes.clone());
        let mut left = polls;
        let done = std::future::poll_fn(|cx| match left {
            0 => std::task::Poll::Ready(None),
            _ => {
                left -= 1;
                push.as_mut().poll(cx).map(Some)
            }
        })
        .await;
        drop(push);
        if store.exists(&target).await.unwrap() {
            assert_eq!(
                store.fetch_all(&target, target.size).await.unwrap().bytes(),
                &bytes
            );
        }
        if let Some(done) = done {
            done.unwrap();
            return;
        }
    }
}

#[tokio::test]
async fn a_blob_of_the_wrong_size_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let hello = store.push_bytes(MediaType::OCTET_STREAM, "hello").await.unwrap();
    let path = dir
        .path()
        .join("blobs")
        .join(hello.digest.as_str().replace(':', "/"));
    fs::remove_file(&path).unwrap();
    fs::write(&path, "hel").unwrap();

    assert!(!store.exists(&hello).await.unwrap());
    let error = store.fetch_all(&hello, 5).await.unwrap_err();
    assert!(
        matches!(error.cause(), Some(VerifyError::Size { actual: 3, .. })),
        "{error:?}"
    );
    store.push_bytes(MediaType::OCTET_STREAM, "hello").await.unwrap();
    assert_eq!(store.fetch_all(&hello, 5).await.unwrap().bytes(), "hello");
}

#[tokio::test]
async fn a_blob_with_a_flipped_bit_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let target = push_manifest(&store, "x", None).await;
    let path = dir
        .path()
        .join("blobs")
        .join(target.digest.as_str().replace(':', "/"));
    let mut bytes = fs::read(&path).unwrap();
    bytes[10] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();

    let again = LayoutStore::open(dir.path()).await.unwrap();
    let error = again.fetch_all(&target, 4096).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Verify), "{error:?}");
    assert!(!again.exists(&target).await.unwrap());
    push_manifest(&again, "x", None).await;
    assert!(again.exists(&target).await.unwrap());
    again.fetch_all(&target, 4096).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_blob_is_not_followed_out_of_the_layout() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let hello = store.push_bytes(MediaType::OCTET_STREAM, "hello").await.unwrap();
    let path = dir
        .path()
        .join("blobs")
        .join(hello.digest.as_str().replace(':', "/"));
    let outside = dir.path().join("outside");
    fs::rename(&path, &outside).unwrap();
    std::os::unix::fs::symlink(&outside, &path).unwrap();

    assert!(!store.exists(&hello).await.unwrap());
    let error = store.fetch_all(&hello, 5).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Refused), "{error:?}");
    store.push_bytes(MediaType::OCTET_STREAM, "hello").await.unwrap();
    assert!(fs::symlink_metadata(&path).unwrap().is_file());
    assert_eq!(fs::read(&outside).unwrap(), b"hello");
}

#[cfg(unix)]
#[tokio::test]
async fn blobs_are_protected_against_writing() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let hello = store.push_bytes(MediaType::OCTET_STREAM, "hello").await.unwrap();
    let path = dir
        .path()
        .join("blobs")
        .join(hello.digest.as_str().replace(':', "/"));
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o222, 0);
}
