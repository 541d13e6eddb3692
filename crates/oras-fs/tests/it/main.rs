//! What the crate promises about files, seen from outside.
#![allow(clippy::unwrap_used)]

mod output;
mod parts;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use oras_fs::{AtomicFile, Durability, Lock, sweep, write_atomic};

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_dropped_file_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = AtomicFile::create(dir.path(), 0o644).unwrap();
    file.write_all(b"half").unwrap();
    drop(file);
    assert!(names(dir.path()).is_empty());
}

#[test]
fn a_commit_replaces_and_leaves_no_temporary_name() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("a");
    for content in [&b"old"[..], b"new"] {
        write_atomic(&target, content, 0o644, Durability::Full).unwrap();
    }
    assert_eq!(fs::read(&target).unwrap(), b"new");
    assert_eq!(names(dir.path()), ["a"]);
}

#[test]
fn commit_new_keeps_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("a");
    fs::write(&target, "mine").unwrap();
    let file = AtomicFile::create(dir.path(), 0o644).unwrap();
    let error = file.commit_new(&target, Durability::None).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&target).unwrap(), b"mine");
    assert_eq!(names(dir.path()), ["a"]);
}

#[test]
fn an_error_names_the_path() {
    let error = write_atomic(Path::new("/nowhere/file"), b"", 0o644, Durability::None).unwrap_err();
    assert_eq!(error.to_string(), "cannot create a file in /nowhere");
}

#[cfg(unix)]
#[test]
fn the_mode_is_as_asked() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("secret");
    write_atomic(&target, b"x", 0o600, Durability::Data).unwrap();
    let mode = fs::metadata(&target).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_second_lock_waits_no_longer_than_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lock");
    let held = Lock::acquire(&path, Duration::ZERO).unwrap();
    let refused = Lock::acquire(&path, Duration::ZERO).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::TimedOut);
    drop(held);
    Lock::acquire(&path, Duration::ZERO).unwrap();
}

#[test]
fn a_sweep_spares_live_writers_and_foreign_files() {
    let dir = tempfile::tempdir().unwrap();
    let live = AtomicFile::create(dir.path(), 0o644).unwrap();
    fs::write(dir.path().join(".oras-tmp-dead"), "x").unwrap();
    fs::write(dir.path().join("other"), "x").unwrap();

    assert_eq!(sweep(dir.path(), Duration::from_secs(3600)), 0);
    assert_eq!(sweep(dir.path(), Duration::ZERO), 1);

    let live_name = live.path().file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(names(dir.path()), [live_name.as_str(), "other"]);
}
