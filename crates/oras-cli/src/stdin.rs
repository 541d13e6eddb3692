//! Content on stdin, in place of a file.

use std::io::Read;
use std::path::Path;
use std::sync::OnceLock;

use anyhow::Context;
use tokio::task::spawn_blocking;

use crate::place::Place;
use crate::usage::ensure_usage;

/// What was read, which can be read once; a command may run twice.
static READ: OnceLock<Vec<u8>> = OnceLock::new();

/// Whether a file on the command line means stdin.
pub(crate) fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Refuses to read two things from stdin.
pub(crate) fn check(place: &Place, file: &Path) -> anyhow::Result<()> {
    ensure_usage!(
        !(is_stdin(file) && place.password_stdin),
        "stdin has the content or the password, not both: log in first"
    );
    Ok(())
}

/// All of stdin, up to one byte more than `limit`.
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
