//! Reading and verifying files.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use futures_util::TryStreamExt;
use oras_content::{Content, Error, Result, Verifier, VerifyError};
use oras_fs::Frames;
use tokio::task::{JoinError, spawn_blocking};

use crate::source::SourcePath;

/// Opens a regular file and returns its length. This call blocks.
pub(crate) fn open(source: &SourcePath) -> Result<(File, u64)> {
    let fail = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Error::not_found(source.to_string()).with_source(error),
        _ => Error::storage(source.to_string(), error),
    };
    let path = source.path();
    let found = std::fs::metadata(path).map_err(fail)?;
    if found.is_dir() {
        return Err(Error::unsupported(format!(
            "reading the folder {source} as a file"
        )));
    }
    // Opening a pipe would block forever.
    if !found.is_file() {
        return Err(Error::refused(
            format!("to read {source}"),
            "it is not a regular file",
        ));
    }
    let file = File::open(path).map_err(fail)?;
    let len = file.metadata().map_err(fail)?.len();
    Ok((file, len))
}

/// Reads `range`, which must be within the file, as a stream of frames. This call blocks while it reads the first
/// frame.
pub(crate) fn frames(file: File, source: &SourcePath, range: Range<u64>) -> Result<Content> {
    let source: Arc<str> = source.to_string().into();
    let frames = Frames::open(file, range).map_err(|error| Error::storage(&*source, error))?;
    let len = frames.len();
    let frames = frames
        .into_stream()
        .map_err(move |error| Error::storage(&*source, error));
    Ok(Content::new(frames, Some(len)))
}

/// Verifies the whole `file`. This call blocks.
pub(crate) fn verify(
    file: impl Read,
    mut verifier: Verifier,
) -> io::Result<std::result::Result<(), VerifyError>> {
    let fed = feed(file, &mut verifier)?;
    Ok(fed.and_then(|()| verifier.finish()))
}

/// Feeds the rest of `file` to the verifier. This call blocks.
pub(crate) fn feed(
    mut file: impl Read,
    verifier: &mut Verifier,
) -> io::Result<std::result::Result<(), VerifyError>> {
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Ok(())),
            Ok(read) => {
                if let Err(error) = verifier.update(&buffer[..read]) {
                    return Ok(Err(error));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Runs a blocking call on a blocking thread.
pub(crate) async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    finished(spawn_blocking(job).await)
}

/// Returns the result of a job, resuming its panic if it panicked.
pub(crate) fn finished<T>(done: Result<Result<T>, JoinError>) -> Result<T> {
    done.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(stopped) => Err(Error::storage("a file", stopped)),
    })
}
