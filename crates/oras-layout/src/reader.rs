//! The content of a file as frames.

use std::fs::File;
use std::ops::Range;

use futures_util::TryStreamExt;
use oras_content::{Content, Error, LocalFile, OpenOptions, Opened, Result};
use oras_fs::Frames;

/// Opens the `size` bytes of content that start at `start` in a file. Blocks while it reads the first frame.
pub(crate) fn open(file: File, what: String, start: u64, size: u64, opts: OpenOptions) -> Result<Opened> {
    let served = opts.range.within(size);
    let within = start + served.start..start + served.end;
    let fail = |error| Error::storage(&what, error);
    let local = match opts.file {
        true => Some(LocalFile {
            file: file.try_clone().map_err(fail)?,
            start: within.start,
        }),
        false => None,
    };
    Ok(Opened::new(frames(file, what, within)?, served).with_file(local))
}

/// The frames of `range` in `file`. Blocks while it reads the first one.
fn frames(file: File, what: String, range: Range<u64>) -> Result<Content> {
    let frames = Frames::open(file, range).map_err(|error| Error::storage(&what, error))?;
    let len = frames.len();
    let frames = frames
        .into_stream()
        .map_err(move |error| Error::storage(&what, error));
    Ok(Content::new(frames, Some(len)))
}
