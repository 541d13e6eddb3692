//! Outgoing content: a payload as the bodies of requests.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use oras_content::{Content, Descriptor, Error, Payload, Result, Verifier};
use oras_transport::{Body, BodySource};

/// Minimum number of bytes between two hash checkpoints.
const STRIDE: u64 = 1024 * 1024;

/// Maximum number of checkpoints, besides the start.
const MAX_MARKS: usize = 64;

/// The content of an upload. It is verified while it is sent, over all requests, so that altered content is never sent
/// completely.
#[derive(Clone)]
pub(crate) struct Outgoing(Arc<State>);

struct State {
    payload: Payload,
    expected: Descriptor,
    marks: Marks,
    reached: AtomicU64,
}

impl Outgoing {
    pub(crate) fn new(payload: Payload, expected: Descriptor) -> Result<Self> {
        let verifier = match payload.as_verified() {
            Some(verified) => verified.clone().described_by(expected.clone()).map(drop),
            None => Ok(()),
        }
        .and_then(|()| Verifier::new(&expected))
        .map_err(|source| Error::verify(&expected.digest, source))?;
        Ok(Self(Arc::new(State {
            payload,
            expected,
            marks: Marks::new(verifier),
            reached: AtomicU64::new(0),
        })))
    }

    pub(crate) fn expected(&self) -> &Descriptor {
        &self.0.expected
    }

    pub(crate) fn is_replayable(&self) -> bool {
        self.0.payload.is_replayable()
    }

    /// The end offset of the bytes given to requests so far.
    pub(crate) fn reached(&self) -> u64 {
        self.0.reached.load(Ordering::Relaxed)
    }

    /// The bytes `range` as the body of a request.
    pub(crate) fn body(&self, range: Range<u64>) -> Body {
        if let Some(bytes) = self.in_memory(&range) {
            self.0.reached.fetch_max(range.end, Ordering::Relaxed);
            return bytes.into();
        }
        let len = Some(range.end - range.start);
        let part = Part {
            content: self.clone(),
            range,
        };
        if self.is_replayable() {
            return Body::replayable(len, Arc::new(part));
        }
        let stream = stream::once(async move { part.open().await }).try_flatten();
        Body::once(len, stream.boxed())
    }

    fn in_memory(&self, range: &Range<u64>) -> Option<Bytes> {
        let bytes = self.0.payload.as_verified()?.bytes();
        let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
        Some(bytes.slice(range))
    }
}

/// A range of the content, as the body of a request.
struct Part {
    content: Outgoing,
    range: Range<u64>,
}

type Frames = BoxStream<'static, Result<Bytes, oras_transport::BoxError>>;

#[async_trait]
impl BodySource for Part {
    async fn open(&self) -> Result<Frames, oras_transport::BoxError> {
        let state = &self.content.0;
        let (start, verifier) = state.marks.before(self.range.start);
        // A range that ends at the expected size is read to the end of the content, so that excess bytes are detected.
        let opened = match self.range.end == state.expected.size {
            true => state.payload.open(start..).await?,
            false => state.payload.open(start..self.range.end).await?,
        };
        let reading = Reading {
            content: opened,
            outgoing: self.content.clone(),
            range: self.range.clone(),
            at: start,
            verifier,
        };
        let frames = stream::try_unfold(reading, |mut reading| async move {
            let frame = reading.next().await?;
            Ok::<_, Error>(frame.map(|frame| (frame, reading)))
        });
        Ok(frames.map_err(Into::into).boxed())
    }
}

struct Reading {
    content: Content,
    outgoing: Outgoing,
    range: Range<u64>,
    at: u64,
    verifier: Verifier,
}

impl Reading {
    /// The next bytes of the range. Bytes before it are only hashed.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        let state = &self.outgoing.0;
        let wrong = |source| Error::verify(&state.expected.digest, source);
        while let Some(mut frame) = self.content.try_next().await? {
            self.verifier.update(&frame).map_err(wrong)?;
            let before = self.range.start.saturating_sub(self.at);
            self.at = self.at.saturating_add(frame.len() as u64);
            state
                .marks
                .note(self.at, self.at == self.range.end, &self.verifier);
            let skipped = usize::try_from(before).unwrap_or(usize::MAX).min(frame.len());
            let frame = frame.split_off(skipped);
            if !frame.is_empty() {
                state.reached.fetch_max(self.at, Ordering::Relaxed);
                return Ok(Some(frame));
            }
        }
        if self.range.end == state.expected.size {
            self.verifier.clone().finish().map_err(wrong)?;
        }
        Ok(None)
    }
}

/// Checkpoints of the hash, so that a later range can be verified without reading the content from the start.
struct Marks {
    start: Verifier,
    kept: Mutex<VecDeque<(u64, Verifier)>>,
}

impl Marks {
    fn new(start: Verifier) -> Self {
        Self {
            start,
            kept: Mutex::default(),
        }
    }

    /// The last checkpoint at or before `offset`.
    fn before(&self, offset: u64) -> (u64, Verifier) {
        let kept = self.lock();
        let found = kept.iter().rev().find(|(at, _)| *at <= offset);
        found.cloned().unwrap_or_else(|| (0, self.start.clone()))
    }

    /// Keeps a checkpoint if it is far enough from the last, or at the `end` of a request.
    fn note(&self, at: u64, end: bool, verifier: &Verifier) {
        let mut kept = self.lock();
        let last = kept.back().map_or(0, |(last, _)| *last);
        if at >= last.saturating_add(STRIDE) || (end && at > last) {
            kept.push_back((at, verifier.clone()));
        }
        if kept.len() > MAX_MARKS {
            kept.pop_front();
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(u64, Verifier)>> {
        // Every change is a single insertion or removal.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
