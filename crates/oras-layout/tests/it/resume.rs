//! Content staged over several runs of a program.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use oras_content::{
    Algorithm, Descriptor, Error, ErrorKind, MediaType, StageKey, StageOptions, Staged, Stager, Store,
    StoreExt,
};
use oras_layout::{LayoutOptions, LayoutStore};

use crate::files;

const ID: &str = "0123456789abcdef";
const AGE: Duration = Duration::from_secs(60);

async fn create(dir: &Path) -> LayoutStore {
    LayoutStore::create(dir).await.unwrap()
}

/// Stages these bytes, as an earlier run would have left them.
async fn left_behind(dir: &Path, bytes: &'static str) {
    let store = create(dir).await;
    let mut part = begin(&store).await.unwrap();
    part.append(Bytes::from_static(bytes.as_bytes())).await.unwrap();
    part.flush().await.unwrap();
}

fn key() -> StageOptions {
    StageOptions::default().with_key(StageKey::id(ID).unwrap())
}

async fn begin(store: &LayoutStore) -> Result<Box<dyn Staged>, Error> {
    store.stage(key()).await
}

async fn resume(store: &LayoutStore) -> Result<Box<dyn Staged>, Error> {
    resume_within(store, AGE).await
}

async fn resume_within(store: &LayoutStore, age: Duration) -> Result<Box<dyn Staged>, Error> {
    store.stage(key().with_resume(age)).await
}

pub(crate) fn parts(dir: &Path) -> Vec<String> {
    let mut files = files(dir);
    files.retain(|file| file.contains(".oras-"));
    files.retain(|file| !file.ends_with(".oras.lock"));
    files
}

fn not_found<T>(result: Result<T, Error>) -> bool {
    result.is_err_and(|error| error.is_not_found())
}

#[tokio::test]
async fn the_next_run_goes_on_where_the_last_one_ended() {
    for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
        let dir = tempfile::tempdir().unwrap();
        left_behind(dir.path(), "hello ").await;
        let store = create(dir.path()).await;
        let mut part = resume(&store).await.unwrap();
        assert_eq!(part.len(), 6);
        part.append(Bytes::from_static(b"world")).await.unwrap();
        let whole = Descriptor::new(MediaType::OCTET_STREAM, algorithm.digest(b"hello world"), 11);
        part.commit(&whole).await.unwrap();
        assert_eq!(store.fetch_all(&whole, 100).await.unwrap().bytes(), "hello world");
        assert_eq!(parts(dir.path()), [""; 0]);
        assert!(not_found(resume(&store).await));
    }
}

#[tokio::test]
async fn a_part_can_be_all_of_it() {
    let dir = tempfile::tempdir().unwrap();
    left_behind(dir.path(), "hello").await;
    let store = create(dir.path()).await;
    let hello = Descriptor::of(MediaType::OCTET_STREAM, b"hello");
    resume(&store).await.unwrap().commit(&hello).await.unwrap();
    assert!(store.exists(&hello).await.unwrap());
}

#[tokio::test]
async fn the_length_is_that_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path()).await;
    let mut part = begin(&store).await.unwrap();
    part.append(Bytes::from(vec![b'x'; 1000])).await.unwrap();
    // The bytes were buffered but not written, so a killed process loses them.
    drop(part);
    assert_eq!(resume(&create(dir.path()).await).await.unwrap().len(), 0);
    let mut part = resume(&store).await.unwrap();
    part.append(Bytes::from(vec![b'x'; 1000])).await.unwrap();
    part.flush().await.unwrap();
    drop(part);
    let file = dir.path().join("blobs").join(format!(".oras-part-{ID}"));
    assert_eq!(fs::metadata(&file).unwrap().len(), 1000);
    fs::write(&file, "cut").unwrap();
    let part = resume(&store).await.unwrap();
    assert_eq!(part.len(), 3);
    let cut = Descriptor::of(MediaType::OCTET_STREAM, b"cut");
    part.commit(&cut).await.unwrap();
}

#[tokio::test]
async fn wrong_content_is_refused_and_gone() {
    let dir = tempfile::tempdir().unwrap();
    left_behind(dir.path(), "jello").await;
    let store = create(dir.path()).await;
    let hello = Descriptor::of(MediaType::OCTET_STREAM, b"hello");
    let part = resume(&store).await.unwrap();
    assert!(matches!(part.commit(&hello).await, Err(error) if matches!(error.kind(), ErrorKind::Verify)));
    assert!(!store.exists(&hello).await.unwrap());
    assert!(not_found(resume(&store).await));
}

#[tokio::test]
async fn who_has_a_part_has_it_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (store, other) = (create(dir.path()).await, create(dir.path()).await);
    let part = begin(&store).await.unwrap();
    assert!(not_found(resume(&other).await));
    let begun = begin(&other).await.map(drop).unwrap_err();
    assert_eq!(begun.kind(), &ErrorKind::WouldOverwrite);
    other.expire(Duration::ZERO).await.unwrap();
    drop(part);
    let part = resume(&other).await.unwrap();
    assert!(not_found(resume(&store).await));
    drop(part);
}

#[tokio::test]
async fn what_is_discarded_cannot_be_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    left_behind(dir.path(), "hello").await;
    let store = create(dir.path()).await;
    resume(&store).await.unwrap().discard().await;
    assert!(not_found(resume(&store).await));
    let mut fresh = begin(&store).await.unwrap();
    fresh.append(Bytes::from_static(b"x")).await.unwrap();
    fresh.discard().await;
    assert_eq!(parts(dir.path()), [""; 0]);
}

#[tokio::test]
async fn parts_expire_and_others_stay() {
    let dir = tempfile::tempdir().unwrap();
    left_behind(dir.path(), "hello").await;
    let store = create(dir.path()).await;
    store.expire(AGE).await.unwrap();
    assert_eq!(resume(&store).await.unwrap().len(), 5);
    store.expire(Duration::ZERO).await.unwrap();
    assert!(not_found(resume(&store).await));
}

#[tokio::test]
async fn a_part_that_is_too_old_is_not_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    left_behind(dir.path(), "hello").await;
    let store = create(dir.path()).await;
    assert!(not_found(resume_within(&store, Duration::ZERO).await));
    assert_eq!(parts(dir.path()), [""; 0]);
}

#[tokio::test]
async fn opening_a_layout_removes_only_parts_that_were_given_up() {
    let dir = tempfile::tempdir().unwrap();
    left_behind(dir.path(), "hello").await;
    let strict = LayoutOptions::default().with_sweep_grace(Duration::ZERO);
    LayoutStore::create_with(dir.path(), strict.clone())
        .await
        .unwrap();
    assert_eq!(parts(dir.path()).len(), 1);
    let all = strict.with_part_grace(Duration::ZERO);
    LayoutStore::create_with(dir.path(), all).await.unwrap();
    assert_eq!(parts(dir.path()), [""; 0]);
}

#[test]
fn what_is_no_id_reaches_no_file() {
    let long = "a".repeat(161);
    for id in ["", ".", "..", "../x", "a/b", "a\\b", "a-b", "a\0", "ä", &long] {
        assert!(StageKey::id(id).is_err(), "{id:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_is_not_a_part() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path()).await;
    let secret = dir.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    let link = dir.path().join("blobs").join(format!(".oras-part-{ID}"));
    std::os::unix::fs::symlink(&secret, link).unwrap();
    assert!(not_found(resume(&store).await));
    assert!(begin(&store).await.is_err());
    store.expire(Duration::ZERO).await.unwrap();
    assert_eq!(fs::read(secret).unwrap(), b"secret");
}

#[tokio::test]
async fn content_is_kept_by_the_digest_that_it_will_have() {
    let dir = tempfile::tempdir().unwrap();
    let digest = Algorithm::Sha512.digest(b"hello");
    let key = StageKey::digest(&digest).unwrap();
    let options = StageOptions::default().with_key(key);
    let store = create(dir.path()).await;
    let mut part = store.stage(options.clone()).await.unwrap();
    part.append(Bytes::from_static(b"hel")).await.unwrap();
    part.flush().await.unwrap();
    let early = part.write_at(4, Bytes::from_static(b"o")).await.unwrap_err();
    assert_eq!(early.kind(), &ErrorKind::Unsupported);
    drop(part);

    let store = create(dir.path()).await;
    let mut part = store.stage(options.with_resume(AGE)).await.unwrap();
    assert_eq!(part.len(), 3);
    part.append(Bytes::from_static(b"lo")).await.unwrap();
    let whole = Descriptor::new(MediaType::OCTET_STREAM, digest, 5);
    part.commit(&whole).await.unwrap();
    assert!(store.exists(&whole).await.unwrap());
}
