//! Removal of files that killed processes left behind.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::atomic::TEMP_PREFIX;
use crate::part::{PART_PREFIX, open_locked};
use crate::part_state::{part_of, path_for};

/// Default age at which a temporary file counts as a leftover: an hour.
pub const GRACE: Duration = Duration::from_secs(3600);

/// Removes temporary files in `dir` that are older than `grace` and not locked by a writer.
///
/// Returns the number of files removed. Files that cannot be inspected or removed are skipped.
pub fn sweep(dir: &Path, grace: Duration) -> usize {
    sweep_named(dir, TEMP_PREFIX, |entry| remove(entry, None, grace))
}

/// Removes [part files](crate::AtomicFile::create_part) in `dir` that were last written more than `grace` ago and that
/// no process has open, along with their state.
///
/// Returns the number of files removed. Files that cannot be inspected or removed are skipped.
pub fn sweep_parts(dir: &Path, grace: Duration) -> usize {
    sweep_named(dir, PART_PREFIX, |entry| match part_of(&entry.path()) {
        // The state of an existing part file is only removed along with it.
        Some(part) => fs::symlink_metadata(part).is_err() && remove(entry, None, grace),
        None => remove(entry, Some(path_for(&entry.path())), grace),
    })
}

fn sweep_named(dir: &Path, prefix: &str, remove: impl Fn(&DirEntry) -> bool) -> usize {
    let Ok(entries) = fs::read_dir(dir) else {
        return 0;
    };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .filter(remove)
        .count()
}

/// Locks and removes a file that is old enough, and its state file before it.
fn remove(entry: &DirEntry, state_file: Option<PathBuf>, grace: Duration) -> bool {
    let Ok(metadata) = entry.metadata() else {
        return false;
    };
    if !metadata.is_file() || !is_older(metadata.modified().ok(), grace) {
        return false;
    }
    match open_locked(&entry.path(), Duration::ZERO) {
        Ok(Some(_locked)) => {
            let _ = state_file.map(fs::remove_file);
            fs::remove_file(entry.path()).is_ok()
        }
        _ => false,
    }
}

/// Returns `true` if `modified` is at least `grace` ago. Unknown and future times are not.
pub fn is_older(modified: Option<SystemTime>, grace: Duration) -> bool {
    modified
        .and_then(|at| SystemTime::now().duration_since(at).ok())
        .is_some_and(|age| age >= grace)
}
