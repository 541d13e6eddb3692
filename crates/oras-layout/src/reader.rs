//! The content of a file as frames.

use std::fs::File;
use std::ops::Range;

use futures_util::TryStreamExt;
use oras_content::{Content, Error, Result};
use oras_fs::Frames;

/// The part of `wanted` that content of `len` bytes has.
pub(crate) fn clamp(wanted: Option<Range<u64>>, len: u64) -> Range<u64> {
    let wanted = wanted.unwrap_or(0..len);
    let start = wanted.start.min(len);
    start..wanted.end.clamp(start, len)
}

/// The frames of `range`, which is within `file`. This call blocks while it reads the first.
pub(crate) fn frames(file: File, what: String, range: Range<u64>) -> Result<Content> {
    let frames = Frames::open(file, range).map_err(|error| Error::storage(&what, error))?;
    let len = frames.len();
    let frames = frames
        .into_stream()
        .map_err(move |error| Error::storage(&what, error));
    Ok(Content::new(frames, Some(len)))
}
