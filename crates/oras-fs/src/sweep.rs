//! Removing what a killed process left behind.

use std::fs::{self, DirEntry, OpenOptions};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::atomic::TEMP_PREFIX;

/// Removes the temporary files in `dir` that are older than `grace` and that nobody is writing.
///
/// Returns how many were removed. It is best effort: what cannot be looked at or removed stays.
pub fn sweep(dir: &Path, grace: Duration) -> usize {
    let Ok(entries) = fs::read_dir(dir) else {
        return 0;
    };
    entries
        .flatten()
        .filter(|entry| is_leftover(entry, grace))
        .filter(|entry| fs::remove_file(entry.path()).is_ok())
        .count()
}

fn is_leftover(entry: &DirEntry, grace: Duration) -> bool {
    if !entry.file_name().to_string_lossy().starts_with(TEMP_PREFIX) {
        return false;
    }
    let Ok(metadata) = entry.metadata() else {
        return false;
    };
    if !metadata.is_file() || !is_older(metadata.modified().ok(), grace) {
        return false;
    }
    OpenOptions::new()
        .write(true)
        .open(entry.path())
        .is_ok_and(|file| file.try_lock().is_ok())
}

fn is_older(modified: Option<SystemTime>, grace: Duration) -> bool {
    modified
        .and_then(|at| SystemTime::now().duration_since(at).ok())
        .is_some_and(|age| age >= grace)
}
