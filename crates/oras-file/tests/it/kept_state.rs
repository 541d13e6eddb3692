//! The state of the hash that is saved beside a large file whose source broke off.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use oras_conformance::Interrupted;
use oras_content::{Algorithm, Descriptor, Hasher, Pushed, StoreExt, WriterExt};
use oras_file::{FileOptions, FileStore};

use crate::kept::{MIB, large};
use crate::names;

const BROKE_AT: usize = 5 * MIB + MIB / 2;

fn store(dir: &Path) -> FileStore {
    let opts = FileOptions::default().with_state_interval(2 * MIB as u64);
    FileStore::with_options(dir, opts)
}

/// What a pull left, which broke off.
struct Left {
    dir: tempfile::TempDir,
    file: Descriptor,
    bytes: Bytes,
    source: Interrupted,
    part: PathBuf,
    state: PathBuf,
}

impl Left {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (file, bytes, source) = large("large.bin");
        let pushed = store(dir.path()).push(&file, source.broken(BROKE_AT)).await;
        assert!(pushed.is_err());
        let part = format!(".oras-part-sha256{}", file.digest.encoded());
        assert_eq!(names(dir.path()), [part.clone(), format!("{part}.state")]);
        let part = dir.path().join(part);
        Self {
            dir,
            file,
            bytes,
            source,
            state: part.with_extension("state"),
            part,
        }
    }

    /// The first line of the state, and the state itself.
    fn saved(&self) -> (String, Vec<u8>) {
        let text = fs::read(&self.state).unwrap();
        let end = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        (
            String::from_utf8(text[..end].to_vec()).unwrap(),
            text[end..].to_vec(),
        )
    }

    async fn ends(&self) {
        let store = store(self.dir.path());
        let pushed = store.push(&self.file, self.source.whole()).await.unwrap();
        assert_eq!(pushed, Pushed::Stored);
        let there = store.fetch_all(&self.file, u64::MAX).await.unwrap();
        assert!(there.bytes() == &self.bytes);
        assert!(fs::read(self.dir.path().join("large.bin")).unwrap() == self.bytes);
        assert!(!self.part.exists() && !self.state.is_file());
    }
}

#[tokio::test]
async fn it_is_saved_and_gone_on_with() {
    let left = Left::new().await;
    let (line, state) = left.saved();
    assert!(line.contains(&format!(" {} ", 4 * MIB)), "{line}");
    let hasher = Hasher::restore(Algorithm::Sha256, &state).unwrap();
    assert_eq!(hasher.seen(), 4 * MIB as u64);
    let broken = left.source.broken(7 * MIB);
    assert!(store(left.dir.path()).push(&left.file, broken).await.is_err());
    // It went on from the state: it was saved again two mebibytes later, and not at once.
    let (line, _) = left.saved();
    assert!(line.contains(&format!(" {} ", 6 * MIB)), "{line}");
    left.ends().await;
    assert_eq!(left.source.asked(), [0, BROKE_AT as u64, 7 * MIB as u64]);
    assert_eq!(names(left.dir.path()), ["large.bin"]);
}

#[tokio::test]
async fn what_is_no_state_of_the_content_costs_a_hash() {
    for change in ["garbage", "cut", "folder", "link", "gone"] {
        let left = Left::new().await;
        let (line, state) = left.saved();
        fs::remove_file(&left.state).unwrap();
        match change {
            "garbage" => fs::write(&left.state, [0xff; 300]).unwrap(),
            "cut" => fs::write(&left.state, [line.as_bytes(), &state[..50]].concat()).unwrap(),
            "folder" => fs::create_dir(&left.state).unwrap(),
            #[cfg(unix)]
            "link" => std::os::unix::fs::symlink("/dev/zero", &left.state).unwrap(),
            _ => {}
        }
        left.ends().await;
        assert_eq!(left.source.asked(), [0, BROKE_AT as u64], "{change}");
    }
}

#[tokio::test]
async fn a_part_that_changed_meanwhile_is_read_anew() {
    for changed in [77, 3 * MIB, 5 * MIB] {
        let left = Left::new().await;
        let mut there = fs::read(&left.part).unwrap();
        there[changed] ^= 1;
        fs::write(&left.part, there).unwrap();
        left.ends().await;
        assert_eq!(left.source.asked(), [0, BROKE_AT as u64, 0], "{changed}");
    }
}

/// A state that is readable and wrong is found out in the end, and costs a transfer.
#[tokio::test]
async fn the_state_of_other_bytes_never_makes_wrong_content_right() {
    let left = Left::new().await;
    let mut hasher = Hasher::new(Algorithm::Sha256);
    hasher.update(&vec![1; 4 * MIB]);
    let (line, _) = left.saved();
    fs::write(&left.state, [line.into_bytes(), hasher.save().unwrap()].concat()).unwrap();
    left.ends().await;
    assert_eq!(left.source.asked(), [0, BROKE_AT as u64, 0]);
}

#[tokio::test]
async fn two_who_go_on_at_the_same_time_both_end() {
    let left = Left::new().await;
    let (one, two) = (store(left.dir.path()), store(left.dir.path()));
    let (first, second) = tokio::join!(
        one.push(&left.file, left.source.whole()),
        two.push(&left.file, left.source.whole())
    );
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert!(fs::read(left.dir.path().join("large.bin")).unwrap() == left.bytes);
    assert_eq!(names(left.dir.path()), ["large.bin"]);
}

#[tokio::test]
async fn it_goes_when_the_file_came_another_way() {
    let left = Left::new().await;
    fs::write(left.dir.path().join("large.bin"), &left.bytes).unwrap();
    let pushed = store(left.dir.path()).push(&left.file, left.source.whole()).await;
    assert_eq!(pushed.unwrap(), Pushed::Present);
    assert_eq!(names(left.dir.path()), ["large.bin"]);
}
