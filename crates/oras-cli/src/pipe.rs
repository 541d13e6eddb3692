//! Pipes and devices instead of small files. They can be read only once, and a command may run twice.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use oras::Error;
use oras::content::MAX_MANIFEST_BYTES;
use tokio::task::spawn_blocking;

/// The content that was read, by path.
static READ: Mutex<BTreeMap<PathBuf, Vec<u8>>> = Mutex::new(BTreeMap::new());

/// Whether the path is neither a file nor a folder, but can be read.
pub(crate) fn is_pipe(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Reads a pipe or device to its end (`/dev/null` is empty), up to the size limit of manifests.
pub(crate) async fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    if let Some(known) = known().get(path) {
        return Ok(known.clone());
    }
    let owned = path.to_owned();
    let read = spawn_blocking(move || {
        let mut bytes = Vec::new();
        let mut pipe = File::open(owned)?.take(MAX_MANIFEST_BYTES + 1);
        pipe.read_to_end(&mut bytes).map(|_| bytes)
    });
    let bytes = read
        .await?
        .with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.len() as u64 > MAX_MANIFEST_BYTES {
        return Err(Error::size_exceeds_limit(path.display(), MAX_MANIFEST_BYTES).into());
    }
    known().insert(path.to_owned(), bytes.clone());
    Ok(bytes)
}

fn known() -> MutexGuard<'static, BTreeMap<PathBuf, Vec<u8>>> {
    // Each change is a single insertion, so a poisoned lock is safe to use.
    READ.lock().unwrap_or_else(PoisonError::into_inner)
}
