//! Parts, and the state that is saved beside them.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use oras_fs::{AtomicFile, Durability, PartState, STATE_INTERVAL, sweep_parts};
use tempfile::TempDir;

use crate::names;

const PART: &str = ".oras-part-abc";
const STATE: &str = ".oras-part-abc.state";
/// A time with a part of a second that is no mark.
const NATURAL: Duration = Duration::new(1_700_000_000, 123_456_789);

/// A part of eight bytes, of which the state of the first five was saved.
fn left() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut part = AtomicFile::create_part(dir.path(), "abc", 0o644).unwrap();
    part.write_all(b"first").unwrap();
    part.save_state(5, b"of first").unwrap();
    part.write_all(b"more").unwrap();
    part.mark_written();
    dir
}

fn open(dir: &Path) -> AtomicFile {
    AtomicFile::open_part(dir, "abc", Duration::ZERO)
        .unwrap()
        .unwrap()
}

fn saved(dir: &Path) -> Option<PartState> {
    open(dir).saved_state()
}

fn state(dir: &TempDir) -> PathBuf {
    dir.path().join(STATE)
}

fn set_time(path: &Path, since: Duration) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + since).unwrap();
}

#[test]
fn the_next_run_finds_the_state_of_a_part() {
    let dir = left();
    let found = saved(dir.path()).unwrap();
    assert_eq!((found.offset, &*found.bytes), (5, &b"of first"[..]));
    // What is added by that run does not make it worthless.
    let mut part = open(dir.path());
    part.saved_state().unwrap();
    part.write_all(b", and more").unwrap();
    part.mark_written();
    drop(part);
    assert_eq!(saved(dir.path()), Some(found));
}

#[test]
fn it_is_wanted_each_time_that_so_much_was_added() {
    let dir = tempfile::tempdir().unwrap();
    let mut part = AtomicFile::create_part(dir.path(), "abc", 0o644).unwrap();
    assert!(!part.wants_state(STATE_INTERVAL - 1));
    assert!(part.wants_state(STATE_INTERVAL));
    part.set_state_interval(5);
    part.write_all(b"first").unwrap();
    assert!(part.wants_state(5));
    part.save_state(5, b"").unwrap();
    assert!(!part.wants_state(9));
    assert!(part.wants_state(10));
    drop(part);
    let mut part = open(dir.path());
    part.set_state_interval(5);
    part.saved_state().unwrap();
    assert!(!part.wants_state(9));
    assert!(
        !AtomicFile::create(dir.path(), 0o644)
            .unwrap()
            .wants_state(u64::MAX)
    );
}

/// Each of these leaves a part that may be another than the one whose state was saved.
#[test]
fn a_part_that_somebody_else_wrote_to_has_no_state() {
    let in_place = |path: &Path| {
        let mut file = File::options().write(true).open(path).unwrap();
        file.write_all(b"F").unwrap();
    };
    let renamed = |path: &Path| {
        let other = path.with_extension("other");
        fs::write(&other, "firstmore").unwrap();
        fs::rename(other, path).unwrap();
    };
    let restored = |path: &Path| {
        renamed(path);
        set_time(path, NATURAL);
    };
    let changes: [&dyn Fn(&Path); 5] = [
        &|path| fs::write(path, "FIRSTmore").unwrap(),
        &in_place,
        &renamed,
        &restored,
        &|path| set_time(path, NATURAL),
    ];
    for (nth, change) in changes.into_iter().enumerate() {
        let dir = left();
        change(&dir.path().join(PART));
        assert_eq!(saved(dir.path()), None, "change {nth}");
        assert_eq!(names(dir.path()), [PART], "change {nth}");
    }
}

#[test]
fn writes_that_nobody_said_to_be_ours_are_not() {
    let dir = left();
    let mut part = open(dir.path());
    part.saved_state().unwrap();
    part.write_all(b"x").unwrap();
    drop(part);
    assert_eq!(saved(dir.path()), None);
}

#[test]
fn a_shorter_part_has_no_state() {
    let dir = left();
    let path = dir.path().join(PART);
    let mark = fs::metadata(&path).unwrap().modified().unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    file.set_len(5).unwrap();
    file.set_modified(mark).unwrap();
    assert!(saved(dir.path()).is_some());
    file.set_len(4).unwrap();
    file.set_modified(mark).unwrap();
    assert_eq!(saved(dir.path()), None);
}

#[test]
fn what_is_no_state_of_the_part_is_removed() {
    let dir = left();
    let good = String::from_utf8(fs::read(state(&dir)).unwrap()).unwrap();
    let others = [
        String::new(),
        "garbage".into(),
        "\n".into(),
        good.replace("abc", "abd"),
        good.replace("state-1", "state-2"),
        good.replace(" 5 ", " 99 "),
        good.replace(" 5 ", " -5 "),
        good.replace(" 5 ", " 99999999999999999999999 "),
        good.replace('\n', " 1\n"),
        good.replace('\n', " "),
    ];
    for other in others {
        fs::write(state(&dir), &other).unwrap();
        assert_eq!(saved(dir.path()), None, "{other:?}");
        assert_eq!(names(dir.path()), [PART]);
    }
    fs::write(state(&dir), [0xff; 100_000]).unwrap();
    assert_eq!(saved(dir.path()), None);
    fs::write(state(&dir), &good).unwrap();
    #[cfg(unix)]
    fs::set_permissions(state(&dir), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert!(saved(dir.path()).is_some());
}

#[test]
fn a_folder_in_its_place_is_left_alone() {
    let dir = left();
    fs::remove_file(state(&dir)).unwrap();
    fs::create_dir(state(&dir)).unwrap();
    let mut part = open(dir.path());
    assert_eq!(part.saved_state(), None);
    part.save_state(9, b"").unwrap();
    part.remove_on_drop();
    drop(part);
    assert_eq!(names(dir.path()), [STATE]);
    let part = AtomicFile::create_part(dir.path(), "abc", 0o644).unwrap();
    part.commit(&dir.path().join("a"), Durability::None).unwrap();
    assert_eq!(names(dir.path()), [STATE, "a"]);
}

#[test]
fn it_goes_with_its_part() {
    let removed = |dir: &Path| {
        let mut part = open(dir);
        part.remove_on_drop();
    };
    let swept = |dir: &Path| assert_eq!(sweep_parts(dir, Duration::ZERO), 1);
    let ends: [&dyn Fn(&Path); 4] = [
        &removed,
        &swept,
        &|dir| open(dir).commit(&dir.join("a"), Durability::None).unwrap(),
        &|dir| open(dir).commit_new(&dir.join("a"), Durability::None).unwrap(),
    ];
    for (nth, end) in ends.into_iter().enumerate() {
        let dir = left();
        end(dir.path());
        assert!(names(dir.path()).iter().all(|name| name == "a"), "end {nth}");
    }
}

#[test]
fn a_sweep_takes_it_with_its_part_or_without_one() {
    let dir = left();
    let day = Duration::from_secs(24 * 3600);
    set_time(&state(&dir), NATURAL);
    assert_eq!(sweep_parts(dir.path(), day), 0);
    let held = open(dir.path());
    assert_eq!(sweep_parts(dir.path(), Duration::ZERO), 0);
    drop(held);
    assert_eq!(names(dir.path()), [PART, STATE]);
    fs::remove_file(dir.path().join(PART)).unwrap();
    assert_eq!(sweep_parts(dir.path(), day), 1);
    assert!(names(dir.path()).is_empty());
}

#[test]
fn a_new_part_has_no_state_of_an_old_one() {
    let dir = left();
    fs::remove_file(dir.path().join(PART)).unwrap();
    let part = AtomicFile::create_part(dir.path(), "abc", 0o644).unwrap();
    assert_eq!(names(dir.path()), [PART]);
    drop(part);
    assert_eq!(saved(dir.path()), None);
}

#[test]
fn nothing_is_saved_of_a_file_that_is_no_part() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = AtomicFile::create(dir.path(), 0o644).unwrap();
    file.save_state(0, b"").unwrap();
    file.file().rewind().unwrap();
    assert_eq!(names(dir.path()).len(), 1);
    assert_eq!(file.saved_state(), None);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn it_is_for_the_owner_alone() {
        let dir = left();
        assert_eq!(mode(&state(&dir)), 0o600);
    }

    #[test]
    fn what_others_may_write_to_has_no_state() {
        for name in [PART, STATE] {
            let dir = left();
            fs::set_permissions(dir.path().join(name), PermissionsExt::from_mode(0o666)).unwrap();
            assert_eq!(saved(dir.path()), None, "{name}");
            let dir = left();
            fs::hard_link(dir.path().join(name), dir.path().join("other")).unwrap();
            assert_eq!(saved(dir.path()), None, "{name}");
        }
    }

    #[test]
    fn a_link_in_its_place_is_not_followed() {
        let (dir, elsewhere) = (left(), tempfile::tempdir().unwrap());
        let target = elsewhere.path().join("target");
        fs::rename(state(&dir), &target).unwrap();
        let before = fs::read(&target).unwrap();
        symlink(&target, state(&dir)).unwrap();
        assert_eq!(saved(dir.path()), None);
        symlink(&target, state(&dir)).unwrap();
        let mut part = open(dir.path());
        part.save_state(9, b"of all").unwrap();
        drop(part);
        assert!(fs::symlink_metadata(state(&dir)).unwrap().is_file());
        assert_eq!(fs::read(&target).unwrap(), before);
        assert_eq!(saved(dir.path()).unwrap().offset, 9);
    }
}
