//! The content of a file as frames.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures_util::stream;
use oras_content::{Content, Error, Result};
use tokio::task::{JoinHandle, spawn_blocking};

/// How many bytes are read at a time.
const FRAME: u64 = 256 * 1024;

/// A file at some place, and the frame that was read before it.
pub(crate) struct Opened {
    file: File,
    frame: Bytes,
    remaining: u64,
}

impl Opened {
    /// Goes to the start of `range`, which is within the file, and reads the first frame. This call blocks.
    pub(crate) fn new(mut file: File, range: Range<u64>) -> io::Result<Self> {
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

    /// The frames from here on. While one is used, the next is read.
    pub(crate) fn into_content(self, what: String) -> Content {
        let len = self.frame.len() as u64 + self.remaining;
        if self.remaining == 0 {
            return self.frame.into();
        }
        let frames = stream::try_unfold(Next::Ready(self), move |next| {
            let what = what.clone();
            async move { next.frame().await.map_err(|error| Error::storage(what, error)) }
        });
        Content::new(frames, Some(len))
    }
}

enum Next {
    Ready(Opened),
    Reading(JoinHandle<io::Result<Opened>>),
    End,
}

impl Next {
    async fn frame(self) -> io::Result<Option<(Bytes, Self)>> {
        let opened = match self {
            Self::Ready(opened) => opened,
            Self::Reading(job) => job.await??,
            Self::End => return Ok(None),
        };
        let Opened {
            file,
            frame,
            remaining,
        } = opened;
        let next = match remaining {
            0 => Self::End,
            _ => Self::Reading(spawn_blocking(move || Opened::read(file, remaining))),
        };
        Ok(Some((frame, next)))
    }
}

/// The part of `wanted` that content of `len` bytes has.
pub(crate) fn clamp(wanted: Option<Range<u64>>, len: u64) -> Range<u64> {
    let wanted = wanted.unwrap_or(0..len);
    let start = wanted.start.min(len);
    start..wanted.end.clamp(start, len)
}

/// Opens `range` of `file`. This call blocks.
pub(crate) fn open(file: File, what: &str, range: Range<u64>) -> Result<Opened> {
    Opened::new(file, range).map_err(|error| Error::storage(what, error))
}
