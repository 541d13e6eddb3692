//! The content of a file as frames.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use oras_content::{Content, Error, Result};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

/// How many bytes are read at a time.
const FRAME: u64 = 256 * 1024;

/// Opens the regular file at `path`; gives its length. This call blocks.
pub(crate) fn open(path: &Path) -> Result<(File, u64)> {
    let fail = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Error::NotFound {
            what: path.display().to_string(),
            source: Some(error.into()),
        },
        _ => Error::storage(path.display(), error),
    };
    let found = std::fs::metadata(path).map_err(fail)?;
    if found.is_dir() {
        return Err(Error::Unsupported {
            what: format!("reading the folder {}", path.display()),
            source: Some("folders cannot be packed yet; pack it first, for example with tar".into()),
        });
    }
    // Opening a pipe would wait for ever.
    if !found.is_file() {
        return Err(Error::Refused {
            what: format!("to read {}", path.display()),
            reason: "it is not a regular file".into(),
        });
    }
    let file = File::open(path).map_err(fail)?;
    let len = file.metadata().map_err(fail)?.len();
    Ok((file, len))
}

/// The frames of `range`, which is within the file of `path`. This call blocks while it reads the first.
pub(crate) fn frames(mut file: File, path: &Path, range: Range<u64>) -> Result<Content> {
    let first = file
        .seek(SeekFrom::Start(range.start))
        .and_then(|_| Part::read(file, range.end.saturating_sub(range.start)))
        .map_err(|error| Error::storage(path.display(), error))?;
    let len = first.frame.len() as u64 + first.remaining;
    if first.remaining == 0 {
        return Ok(first.frame.into());
    }
    let path: Arc<Path> = path.into();
    let frames = stream::try_unfold(Next::Ready(first), move |next| {
        let path = Arc::clone(&path);
        async move {
            next.frame()
                .await
                .map_err(|error| Error::storage(path.display(), error))
        }
    });
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

/// A file, and the frame that was read before the place where it is.
struct Part {
    file: File,
    frame: Bytes,
    remaining: u64,
}

impl Part {
    fn read(mut file: File, remaining: u64) -> io::Result<Self> {
        let wanted = remaining.min(FRAME);
        let mut frame = Vec::with_capacity(wanted as usize);
        (&mut file).take(wanted).read_to_end(&mut frame)?;
        if (frame.len() as u64) < wanted {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file became shorter",
            ));
        }
        let frame = frame.into();
        let remaining = remaining - wanted;
        Ok(Self {
            file,
            frame,
            remaining,
        })
    }
}

/// While one frame is used, the next is read.
enum Next {
    Ready(Part),
    Reading(JoinHandle<io::Result<Part>>),
    End,
}

impl Next {
    async fn frame(self) -> io::Result<Option<(Bytes, Self)>> {
        let part = match self {
            Self::Ready(part) => part,
            Self::Reading(job) => job.await??,
            Self::End => return Ok(None),
        };
        let Part {
            file,
            frame,
            remaining,
        } = part;
        let next = match remaining {
            0 => Self::End,
            _ => Self::Reading(spawn_blocking(move || Part::read(file, remaining))),
        };
        Ok(Some((frame, next)))
    }
}
