//! Content on stdin, instead of a file.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use anyhow::Context;
use oras_fs::AtomicFile;
use tokio::task::spawn_blocking;

use crate::place::Place;
use crate::usage::ensure_usage;

/// The content that was read: stdin can be read only once, and a command may run twice.
static READ: OnceLock<Vec<u8>> = OnceLock::new();

/// A file with all of stdin, of any length, for both runs of a command.
static SPOOLED: Mutex<Option<AtomicFile>> = Mutex::new(None);

/// Whether this argument means stdin.
pub(crate) fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Refuses to read stdin for two purposes.
pub(crate) fn check(place: &Place, file: &Path) -> anyhow::Result<()> {
    ensure_usage!(
        !(is_stdin(file) && place.password_stdin),
        "stdin has the content or the password, not both: log in first"
    );
    Ok(())
}

/// Reads stdin, up to one byte more than `limit`.
pub(crate) async fn read(limit: u64) -> anyhow::Result<Vec<u8>> {
    if let Some(read) = READ.get() {
        return Ok(read.clone());
    }
    let read = spawn_blocking(move || {
        let mut bytes = Vec::new();
        let stdin = std::io::stdin().lock();
        stdin.take(limit + 1).read_to_end(&mut bytes).map(|_| bytes)
    });
    let read = read.await?.context("cannot read stdin")?;
    Ok(READ.get_or_init(|| read).clone())
}

/// Writes all of stdin to a private temporary file. [`discard`] removes it.
pub(crate) async fn spool() -> anyhow::Result<PathBuf> {
    spawn_blocking(|| {
        if let Some(spooled) = &*spooled() {
            return Ok(spooled.path().to_owned());
        }
        let folder = std::env::temp_dir();
        let mut file = AtomicFile::create(&folder, 0o600)?;
        let path = file.path().to_owned();
        let cannot = || format!("cannot keep stdin in {}", folder.display());
        let mut written = file.file().try_clone().with_context(cannot)?;
        // The wait for the end of stdin can be interrupted, and then leaves no file.
        spooled().replace(file);
        std::io::copy(&mut std::io::stdin().lock(), &mut written).with_context(cannot)?;
        Ok(path)
    })
    .await?
}

/// Removes the temporary file.
pub(crate) fn discard() {
    spooled().take();
}

fn spooled() -> MutexGuard<'static, Option<AtomicFile>> {
    // Each change is a single replacement, so a poisoned lock is safe to use.
    SPOOLED.lock().unwrap_or_else(PoisonError::into_inner)
}
