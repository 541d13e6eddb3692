//! The content of a file as frames.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use futures_util::TryStreamExt;
use oras_content::{Content, Error, Result};
use oras_fs::Frames;
use tokio::task::{JoinError, spawn_blocking};

/// Opens the regular file at `path`; gives its length. This call blocks.
pub(crate) fn open(path: &Path) -> Result<(File, u64)> {
    let fail = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Error::not_found(path.display()).with_source(error),
        _ => Error::storage(path.display(), error),
    };
    let found = std::fs::metadata(path).map_err(fail)?;
    if found.is_dir() {
        let folder = Error::unsupported(format!("reading the folder {}", path.display()));
        return Err(folder.with_source("folders cannot be packed yet; pack it first, for example with tar"));
    }
    // Opening a pipe would wait for ever.
    if !found.is_file() {
        return Err(Error::refused(
            format!("to read {}", path.display()),
            "it is not a regular file",
        ));
    }
    let file = File::open(path).map_err(fail)?;
    let len = file.metadata().map_err(fail)?.len();
    Ok((file, len))
}

/// The frames of `range`, which is within the file of `path`. This call blocks while it reads the first.
pub(crate) fn frames(file: File, path: &Path, range: Range<u64>) -> Result<Content> {
    let path: Arc<Path> = path.into();
    let frames = Frames::open(file, range).map_err(|error| Error::storage(path.display(), error))?;
    let len = frames.len();
    let frames = frames
        .into_stream()
        .map_err(move |error| Error::storage(path.display(), error));
    Ok(Content::new(frames, Some(len)))
}

/// Runs a call that blocks where it may.
pub(crate) async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    finished(spawn_blocking(job).await)
}

/// The result of a job; a panic in it goes on here.
pub(crate) fn finished<T>(done: Result<Result<T>, JoinError>) -> Result<T> {
    done.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(stopped) => Err(Error::storage("a file", stopped)),
    })
}
