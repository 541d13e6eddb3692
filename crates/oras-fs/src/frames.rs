//! Reads files as streams of frames.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures_util::{Stream, TryFutureExt, stream};
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes read at a time.
const FRAME: u64 = 256 * 1024;

/// A range of a file, read in frames of 256 KiB. The first frame has already been read.
#[derive(Debug)]
pub struct Frames {
    file: File,
    frame: Bytes,
    remaining: u64,
}

impl Frames {
    /// Seeks to the start of `range` and reads the first frame. This call blocks.
    ///
    /// # Errors
    ///
    /// Any error of the system; [`io::ErrorKind::UnexpectedEof`] if the file ends before `range` does.
    pub fn open(mut file: File, range: Range<u64>) -> io::Result<Self> {
        if range.start > 0 {
            file.seek(SeekFrom::Start(range.start))?;
        }
        Self::read(file, range.end.saturating_sub(range.start))
    }

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
        Ok(Self {
            file,
            frame: frame.into(),
            remaining: remaining - wanted,
        })
    }

    /// Returns the number of bytes left.
    pub fn len(&self) -> u64 {
        self.frame.len() as u64 + self.remaining
    }

    /// Returns `true` if no bytes are left.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Converts into a stream of frames. While one frame is processed, the next is read on a blocking thread.
    pub fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let first = match self.len() {
            0 => Next::End,
            _ => Next::Ready(self),
        };
        stream::try_unfold(first, Next::frame)
    }
}

enum Next {
    Ready(Frames),
    Reading(JoinHandle<io::Result<Frames>>),
    End,
}

impl Next {
    async fn frame(self) -> io::Result<Option<(Bytes, Self)>> {
        let frames = match self {
            Self::Ready(frames) => frames,
            Self::Reading(job) => job.map_err(io::Error::other).await??,
            Self::End => return Ok(None),
        };
        let Frames {
            file,
            frame,
            remaining,
        } = frames;
        let next = match remaining {
            0 => Self::End,
            _ => Self::Reading(spawn_blocking(move || Frames::read(file, remaining))),
        };
        Ok(Some((frame, next)))
    }
}
