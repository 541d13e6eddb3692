//! The hash state saved beside large content whose source broke off.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use oras_content::{Algorithm, Hasher, Pushed, StageKey, StoreExt, WriterExt};
use oras_layout::{BlobStore, BlobStoreOptions, CheckOptions, GcOptions, LayoutOptions, LayoutStore};

use crate::kept::{MIB, Pull};
use crate::resume::parts;

const EVERY: u64 = 2 * MIB as u64;

async fn create(dir: &Path) -> LayoutStore {
    let opts = LayoutOptions::default().with_state_interval(EVERY);
    LayoutStore::create_with(dir, opts).await.unwrap()
}

/// The files left by a pull that broke off after little more than five of eight mebibytes.
struct Left {
    dir: tempfile::TempDir,
    pull: Pull,
    part: PathBuf,
    state: PathBuf,
}

const BROKE_AT: usize = 5 * MIB + 7;

impl Left {
    async fn by(algorithm: Algorithm) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut pull = Pull::of(8 * MIB);
        pull.blob.digest = algorithm.digest(&pull.bytes);
        pull.breaks(&create(dir.path()).await, BROKE_AT).await;
        let id = StageKey::digest(&pull.blob.digest).unwrap();
        let part = dir.path().join(format!("blobs/.oras-part-{}", id.as_str()));
        let state = part.with_extension("state");
        Self {
            dir,
            pull,
            part,
            state,
        }
    }

    async fn new() -> Self {
        Self::by(Algorithm::Sha256).await
    }

    /// Returns the first line of the state file, and the state itself.
    fn saved(&self) -> (String, Vec<u8>) {
        let text = fs::read(&self.state).unwrap();
        let end = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        (
            String::from_utf8(text[..end].to_vec()).unwrap(),
            text[end..].to_vec(),
        )
    }

    /// Checks that a second pull completes the content and leaves nothing else behind.
    async fn ends(&self) {
        self.pull.ends(&create(self.dir.path()).await).await;
        assert!(!self.part.exists());
        assert!(!self.state.is_file());
    }
}

#[tokio::test]
async fn it_is_saved_and_gone_on_with() {
    for algorithm in [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512] {
        let left = Left::by(algorithm).await;
        let (line, state) = left.saved();
        assert!(line.contains(&format!(" {} ", 4 * MIB)), "{line}");
        assert_eq!(Hasher::restore(algorithm, &state).unwrap().seen(), 2 * EVERY);
        left.pull.breaks(&create(left.dir.path()).await, 7 * MIB).await;
        let (line, _) = left.saved();
        assert!(line.contains(&format!(" {} ", 6 * MIB + 7)), "{line}");
        left.ends().await;
        assert_eq!(left.pull.source.asked(), [0, BROKE_AT as u64, 7 * MIB as u64]);
        assert_eq!(parts(left.dir.path()), [""; 0]);
    }
}

#[tokio::test]
async fn what_is_no_state_of_the_content_costs_a_hash() {
    let other = Left::by(Algorithm::Sha512).await.saved();
    for change in ["garbage", "cut", "other", "folder", "link", "gone"] {
        let left = Left::new().await;
        let (line, state) = left.saved();
        fs::remove_file(&left.state).unwrap();
        match change {
            "garbage" => fs::write(&left.state, [0xff; 300]).unwrap(),
            "cut" => fs::write(&left.state, [line.as_bytes(), &state[..50]].concat()).unwrap(),
            "other" => fs::write(&left.state, [line.as_bytes(), &other.1].concat()).unwrap(),
            "folder" => fs::create_dir(&left.state).unwrap(),
            #[cfg(unix)]
            "link" => std::os::unix::fs::symlink("/dev/zero", &left.state).unwrap(),
            _ => {}
        }
        left.ends().await;
        assert_eq!(left.pull.source.asked(), [0, BROKE_AT as u64], "{change}");
    }
}

#[tokio::test]
async fn a_part_that_changed_meanwhile_is_read_anew() {
    let end = 5 * MIB;
    for changed in [77, 3 * MIB, end] {
        let left = Left::new().await;
        let mut there = fs::read(&left.part).unwrap();
        there[changed] ^= 1;
        fs::write(&left.part, there).unwrap();
        left.ends().await;
        assert_eq!(left.pull.source.asked(), [0, BROKE_AT as u64, 0], "{changed}");
    }
    for len in [0, MIB, 3 * MIB] {
        let left = Left::new().await;
        let mark = fs::metadata(&left.part).unwrap().modified().unwrap();
        let part = fs::File::options().write(true).open(&left.part).unwrap();
        part.set_len(len as u64).unwrap();
        part.set_modified(mark).unwrap();
        left.ends().await;
        assert_eq!(left.pull.source.asked(), [0, len as u64], "{len}");
    }
}

/// A valid state of other bytes is detected at the end, at the cost of a transfer.
#[tokio::test]
async fn the_state_of_other_bytes_never_makes_wrong_content_right() {
    let left = Left::new().await;
    let mut hasher = Hasher::new(Algorithm::Sha256);
    hasher.update(&vec![1; 4 * MIB]);
    let (line, _) = left.saved();
    let mark = fs::metadata(&left.part).unwrap().modified().unwrap();
    fs::write(&left.state, [line.into_bytes(), hasher.save().unwrap()].concat()).unwrap();
    assert_eq!(fs::metadata(&left.part).unwrap().modified().unwrap(), mark);
    left.ends().await;
    assert_eq!(left.pull.source.asked(), [0, BROKE_AT as u64, 0]);
}

#[tokio::test]
async fn two_who_go_on_at_the_same_time_both_end() {
    let left = Left::new().await;
    let (one, two) = (create(left.dir.path()).await, create(left.dir.path()).await);
    let pull = &left.pull;
    let (first, second) = tokio::join!(
        one.push(&pull.blob, pull.source.whole()),
        two.push(&pull.blob, pull.source.whole())
    );
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    let there = one.fetch_all(&pull.blob, u64::MAX).await.unwrap();
    assert!(there.bytes() == &pull.bytes);
    assert_eq!(parts(left.dir.path()), [""; 0]);
}

#[tokio::test]
async fn a_check_passes_it_over_and_a_collection_takes_it_with_its_part() {
    let left = Left::new().await;
    let store = create(left.dir.path()).await;
    assert!(store.check(CheckOptions::default()).await.unwrap().is_sound());
    let at_once = GcOptions::default().with_grace(Duration::ZERO);
    assert_eq!(store.gc(at_once.clone()).await.unwrap().leftovers, 0);
    assert_eq!(parts(left.dir.path()).len(), 2);
    let opts = LayoutOptions::default().with_part_grace(Duration::ZERO);
    let store = LayoutStore::open_with(left.dir.path(), opts).await.unwrap();
    assert_eq!(store.gc(at_once).await.unwrap().leftovers, 1);
    assert_eq!(parts(left.dir.path()), [""; 0]);
}

#[tokio::test]
async fn smaller_content_and_what_nobody_flushes_have_none() {
    let lazy = LayoutOptions::default()
        .with_state_interval(EVERY)
        .with_blob_durability(oras_fs::Durability::None);
    for opts in [LayoutOptions::default(), lazy] {
        let dir = tempfile::tempdir().unwrap();
        let store = LayoutStore::create_with(dir.path(), opts).await.unwrap();
        Pull::of(8 * MIB).breaks(&store, 6 * MIB).await;
        assert_eq!(parts(dir.path()).len(), 1);
    }
}

#[tokio::test]
async fn a_folder_of_blobs_saves_it_too() {
    let dir = tempfile::tempdir().unwrap();
    let opts = BlobStoreOptions::default().with_state_interval(EVERY);
    let store = BlobStore::create_with(dir.path(), opts).await.unwrap();
    let pull = Pull::of(8 * MIB);
    assert!(store.push(&pull.blob, pull.source.broken(6 * MIB)).await.is_err());
    assert_eq!(parts(dir.path()).len(), 2);
    let pushed = store.push(&pull.blob, pull.source.whole()).await.unwrap();
    assert_eq!(pushed, Pushed::Stored);
    assert_eq!(parts(dir.path()), [""; 0]);
}
