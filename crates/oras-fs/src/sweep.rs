//! Removing what a killed process left behind.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::atomic::TEMP_PREFIX;
use crate::part::{PART_PREFIX, open_locked};
use crate::part_state::{part_of, path_for};

/// How old a temporary file must be before it is taken for a leftover, unless a caller says otherwise: an hour.
pub const GRACE: Duration = Duration::from_secs(3600);

/// Removes the temporary files in `dir` that are older than `grace` and that nobody is writing.
///
/// Returns how many were removed. It is best effort: what cannot be looked at or removed stays.
pub fn sweep(dir: &Path, grace: Duration) -> usize {
    sweep_named(dir, TEMP_PREFIX, |entry| remove(entry, None, grace))
}

/// Removes the [parts](crate::AtomicFile::create_part) in `dir` that were written to no later than `grace` ago and
/// that nobody has open, each with its state.
///
/// Returns how many were removed, as [`sweep`] does.
pub fn sweep_parts(dir: &Path, grace: Duration) -> usize {
    sweep_named(dir, PART_PREFIX, |entry| match part_of(&entry.path()) {
        // As long as its part is there, it goes with that alone.
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

/// Removes a file that is old enough, under its lock, and before it what it has beside it.
fn remove(entry: &DirEntry, beside: Option<PathBuf>, grace: Duration) -> bool {
    let Ok(metadata) = entry.metadata() else {
        return false;
    };
    if !metadata.is_file() || !is_older(metadata.modified().ok(), grace) {
        return false;
    }
    match open_locked(&entry.path(), Duration::ZERO) {
        Ok(Some(_locked)) => {
            let _ = beside.map(fs::remove_file);
            fs::remove_file(entry.path()).is_ok()
        }
        _ => false,
    }
}

/// Whether this time, of a file, is at least so long ago. One that is not known is not, and neither is the future.
pub fn is_older(modified: Option<SystemTime>, grace: Duration) -> bool {
    modified
        .and_then(|at| SystemTime::now().duration_since(at).ok())
        .is_some_and(|age| age >= grace)
}
