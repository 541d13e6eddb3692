//! Large content whose source breaks off is resumed by the next push.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use oras_conformance::Interrupted;
use oras_content::{
    Algorithm, Content, Descriptor, ErrorKind, MediaType, OpenOptions, Opened, Payload, Pushed, Reopen,
    Result, StageKey, StageOptions, Stager, StoreExt, WriterExt,
};
use oras_layout::LayoutStore;

use crate::resume::parts;

pub(crate) const MIB: usize = 1024 * 1024;

/// Content, and the source that pushes it.
pub(crate) struct Pull {
    pub(crate) blob: Descriptor,
    pub(crate) bytes: Bytes,
    pub(crate) source: Interrupted,
}

impl Pull {
    pub(crate) fn of(len: usize) -> Self {
        let bytes: Bytes = (0..len).map(|at| (at ^ (at / 1021)) as u8).collect();
        Self {
            blob: Descriptor::of(MediaType::OCTET_STREAM, &bytes),
            source: Interrupted::new(bytes.clone()),
            bytes,
        }
    }

    pub(crate) async fn breaks(&self, store: &LayoutStore, at: usize) {
        let pushed = store.push(&self.blob, self.source.broken(at)).await;
        assert!(pushed.is_err());
    }

    pub(crate) async fn ends(&self, store: &LayoutStore) {
        let pushed = store.push(&self.blob, self.source.whole()).await;
        assert_eq!(pushed.unwrap(), Pushed::Stored);
        assert!(store.fetch_all(&self.blob, u64::MAX).await.unwrap().bytes() == &self.bytes);
    }
}

async fn create(dir: &Path) -> LayoutStore {
    LayoutStore::create(dir).await.unwrap()
}

#[tokio::test]
async fn the_next_push_reads_only_what_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let pull = Pull::of(12 * MIB);
    pull.breaks(&create(dir.path()).await, 5 * MIB + 7).await;
    assert_eq!(parts(dir.path()).len(), 1);
    pull.breaks(&create(dir.path()).await, 9 * MIB).await;
    pull.ends(&create(dir.path()).await).await;
    assert_eq!(pull.source.asked(), [0, 5 * MIB as u64 + 7, 9 * MIB as u64]);
    assert_eq!(parts(dir.path()), [""; 0]);
}

#[tokio::test]
async fn what_changed_meanwhile_is_read_anew() {
    for longer in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let pull = Pull::of(8 * MIB);
        pull.breaks(&create(dir.path()).await, 6 * MIB).await;
        let part = dir.path().join(&parts(dir.path())[0]);
        let mut there = fs::read(&part).unwrap();
        match longer {
            true => there.resize(9 * MIB, 0),
            false => there[77] ^= 1,
        }
        fs::write(&part, there).unwrap();
        pull.ends(&create(dir.path()).await).await;
        assert_eq!(parts(dir.path()), [""; 0]);
    }
}

#[tokio::test]
async fn a_dropped_push_keeps_what_it_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path()).await;
    let pull = Pull::of(8 * MIB);
    let frames = stream::iter([Ok(pull.bytes.slice(..6 * MIB))]).chain(stream::pending());
    let frames = Mutex::new(Some(Content::new(frames, None)));
    let payload = Payload::reopen(Arc::new(Once(frames)), Some(pull.blob.size));
    let part = || {
        parts(dir.path())
            .first()
            .map(|part| fs::metadata(dir.path().join(part)).unwrap().len())
    };
    tokio::select! {
        pushed = store.push(&pull.blob, payload) => panic!("it cannot end: {pushed:?}"),
        () = async {
            while part() != Some(6 * MIB as u64) {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    pull.ends(&store).await;
    assert_eq!(pull.source.asked(), [6 * MIB as u64]);
}

/// Frames that can be read once.
struct Once(Mutex<Option<Content>>);

#[async_trait]
impl Reopen for Once {
    async fn open(&self, _: OpenOptions) -> Result<Opened> {
        Ok(Opened::new(
            self.0.lock().unwrap().take().unwrap(),
            0..8 * MIB as u64,
        ))
    }
}

#[tokio::test]
async fn failures_that_do_not_pass_and_small_content_leave_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path()).await;
    let large = Pull::of(8 * MIB);
    for failure in [Some(ErrorKind::Denied), None] {
        let payload = large.source.up_to(6 * MIB, failure);
        assert!(store.push(&large.blob, payload).await.is_err());
    }
    Pull::of(8 * MIB - 1).breaks(&store, 6 * MIB).await;
    assert_eq!(parts(dir.path()), [""; 0]);
}

#[tokio::test]
async fn what_is_being_written_is_left_to_its_writer() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path()).await;
    let pull = Pull::of(8 * MIB);
    let key = StageOptions::default().with_key(StageKey::digest(&pull.blob.digest).unwrap());
    let held = store.stage(key).await.unwrap();
    pull.ends(&create(dir.path()).await).await;
    assert_eq!(held.len(), 0);
}

#[tokio::test]
async fn another_algorithm_does_so_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut pull = Pull::of(8 * MIB);
    pull.blob.digest = Algorithm::Sha512.digest(&pull.bytes);
    pull.breaks(&create(dir.path()).await, 5 * MIB).await;
    pull.ends(&create(dir.path()).await).await;
    assert_eq!(pull.source.asked(), [0, 5 * MIB as u64]);
}
