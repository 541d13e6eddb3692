//! Small blobs pushed into a tar archive are read while others are written, in bounded memory.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{join_all, try_join_all};
use futures_util::stream;
use oras_content::{
    Content, Descriptor, Error, ErrorKind, MediaType, Payload, Pushed, Result, Store, StoreExt, WriterExt,
};
use oras_layout::{TarLayout, TarLayoutWriter};
use tokio::sync::Barrier;

const MAX_READ_AHEAD: usize = 4 * 1024 * 1024;

async fn archive(dir: &Path) -> TarLayoutWriter {
    TarLayoutWriter::create(dir.join("layout.tar")).await.unwrap()
}

fn blob(number: u8, size: usize) -> (Descriptor, Vec<u8>) {
    let bytes = vec![number; size];
    (Descriptor::of(MediaType::OCTET_STREAM, &bytes), bytes)
}

/// Content that is read only once all of its kind are being read.
fn meeting(bytes: Vec<u8>, all: &Arc<Barrier>) -> Payload {
    let all = Arc::clone(all);
    let read = stream::once(async move {
        all.wait().await;
        Ok(bytes.into())
    });
    Payload::once(Content::new(read, None))
}

#[tokio::test]
async fn small_blobs_are_read_at_once_and_written_in_the_order_of_their_pushes() {
    let dir = tempfile::tempdir().unwrap();
    let archive = archive(dir.path()).await;
    let blobs: Vec<_> = (0..64).map(|number| blob(number, 256 * 1024)).collect();
    let all = Arc::new(Barrier::new(blobs.len()));
    let pushes = blobs
        .iter()
        .map(|(target, bytes)| archive.push(target, meeting(bytes.clone(), &all)));
    let pushed = try_join_all(pushes).await.unwrap();
    assert!(pushed.iter().all(|pushed| *pushed == Pushed::Stored));
    archive.finish().await.unwrap();

    let file = std::fs::read(dir.path().join("layout.tar")).unwrap();
    let at = |number: u8| {
        let start = [number; 512];
        file.chunks(512).position(|block| block == start).unwrap()
    };
    assert!((1..63).all(|number| at(number) < at(number + 1)));
    let tar = TarLayout::open(dir.path().join("layout.tar")).await.unwrap();
    for (target, bytes) in &blobs {
        assert_eq!(tar.fetch_all(target, u64::MAX).await.unwrap().bytes(), bytes);
    }
}

#[tokio::test]
async fn no_more_than_sixteen_mib_are_read_ahead() {
    let dir = tempfile::tempdir().unwrap();
    let archive = archive(dir.path()).await;
    let (opened, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let pushes = (0..12).map(|number| {
        let (target, bytes) = blob(number, MAX_READ_AHEAD);
        let (archive, opened, most) = (&archive, Arc::clone(&opened), Arc::clone(&most));
        async move {
            let counted = Arc::clone(&opened);
            let read = stream::once(async move {
                most.fetch_max(1 + counted.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                Ok(bytes.into())
            });
            archive.push(&target, Content::new(read, None)).await.unwrap();
            opened.fetch_sub(1, Ordering::Relaxed);
        }
    });
    join_all(pushes).await;
    assert_eq!(most.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn a_small_blob_that_fails_leaves_room_for_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let archive = archive(dir.path()).await;
    let (target, bytes) = blob(7, MAX_READ_AHEAD);
    for _ in 0..5 {
        let other = Payload::from_bytes(vec![8; MAX_READ_AHEAD]);
        let error = archive.push(&target, other).await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Verify);
        let broken = stream::once(async { Err(Error::not_found("the source")) });
        let error = archive.push(&target, Content::new(broken, None)).await;
        error.unwrap_err();
        let never = archive.push(&target, Content::new(stream::pending(), None));
        let waited = tokio::time::timeout(std::time::Duration::from_millis(1), never).await;
        waited.unwrap_err();
    }
    assert!(!archive.exists(&target).await.unwrap());
    assert_eq!(archive.push(&target, bytes).await.unwrap(), Pushed::Stored);
}

#[tokio::test]
async fn a_small_blob_that_is_pushed_twice_at_once_is_there_once() {
    let dir = tempfile::tempdir().unwrap();
    let archive = archive(dir.path()).await;
    let (target, bytes) = blob(7, 100);
    let pushes: [_; 3] = std::array::from_fn(|_| archive.push(&target, bytes.clone()));
    let mut pushed: Vec<Result<Pushed>> = join_all(pushes).await;
    let stored = pushed.extract_if(.., |pushed| matches!(pushed, Ok(Pushed::Stored)));
    assert_eq!(stored.count(), 1);
    assert!(pushed.iter().all(|pushed| matches!(pushed, Ok(Pushed::Present))));
}
