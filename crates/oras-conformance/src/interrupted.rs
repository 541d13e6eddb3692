//! Content whose source is interrupted.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use oras_content::{Content, Error, ErrorKind, OpenOptions, Opened, Payload, Reopen, Result};

const FRAME: usize = 64 * 1024;

/// Content whose source is interrupted, and that records the offsets at which it was opened.
#[derive(Clone, Debug)]
pub struct Interrupted {
    bytes: Bytes,
    asked: Arc<Mutex<Vec<u64>>>,
}

impl Interrupted {
    /// Creates content of these bytes.
    pub fn new(bytes: Bytes) -> Self {
        Self {
            bytes,
            asked: Arc::default(),
        }
    }

    /// Returns a payload of the whole content.
    pub fn whole(&self) -> Payload {
        self.up_to(self.bytes.len(), None)
    }

    /// Returns a payload that serves only the bytes up to `end`, then fails with `failure`, or ends early if that is
    /// `None`.
    pub fn up_to(&self, end: usize, failure: Option<ErrorKind>) -> Payload {
        let source = Source {
            content: self.clone(),
            end,
            failure,
        };
        Payload::reopen(Arc::new(source), Some(self.bytes.len() as u64))
    }

    /// Returns a payload whose connection breaks at offset `end`.
    pub fn broken(&self, end: usize) -> Payload {
        self.up_to(end, Some(ErrorKind::Unavailable { transient: true }))
    }

    /// Returns the offsets at which payloads were opened, in order.
    pub fn asked(&self) -> Vec<u64> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Source {
    content: Interrupted,
    end: usize,
    failure: Option<ErrorKind>,
}

#[async_trait]
impl Reopen for Source {
    async fn open(&self, opts: OpenOptions) -> Result<Opened> {
        let bytes = &self.content.bytes;
        let range = opts.range.within(bytes.len() as u64);
        let asked = &self.content.asked;
        asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(range.start);
        let start = usize::try_from(range.start).unwrap_or(self.end).min(self.end);
        let there = bytes.slice(start..self.end);
        let frames: Vec<_> = there
            .chunks(FRAME)
            .map(|frame| Ok(there.slice_ref(frame)))
            .collect();
        let failure = self
            .failure
            .map(|kind| Err(Error::new(kind, "the source of the content")));
        let frames = stream::iter(frames).chain(stream::iter(failure));
        Ok(Opened::new(Content::new(frames, None), range))
    }
}
