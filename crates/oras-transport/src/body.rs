//! `Body`: the body of a request.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use http_body::{Frame, SizeHint};

use crate::error::BoxError;

type Bytestream = BoxStream<'static, Result<Bytes, BoxError>>;
type Opening = Pin<Box<dyn Future<Output = Result<Bytestream, BoxError>> + Send>>;

/// The source of a replayable body, opened again for each attempt.
#[async_trait]
pub trait BodySource: Send + Sync {
    /// Opens the body at its start.
    ///
    /// # Errors
    ///
    /// Any error of the source. It ends the request.
    async fn open(&self) -> Result<BoxStream<'static, Result<Bytes, BoxError>>, BoxError>;
}

/// The body of a request.
///
/// A body of known length is sent with `Content-Length` and must yield exactly that many bytes. A source that yields
/// fewer or more fails the request with [`BodyFault`]. The source is not opened before the connection asks for data. A
/// body of unknown length is sent with chunked transfer coding, which not every registry accepts.
///
/// Spec: RFC 9112, sections 6.2, "Content-Length", and 7.1, "Chunked Transfer Coding".
pub struct Body {
    origin: Kind,
    state: State,
    len: Option<u64>,
    /// Bytes yielded by the source.
    taken: u64,
    /// Bytes passed to the connection.
    sent: u64,
    /// The bytes that complete `len`, held back until the source has ended.
    last: Option<Bytes>,
    finished: bool,
}

#[derive(Clone)]
enum Kind {
    Bytes(Bytes),
    Replayable(Arc<dyn BodySource>),
    Once,
}

enum State {
    Idle,
    Opening(Opening),
    Streaming(Bytestream),
    Done,
}

impl Body {
    /// Creates an empty body.
    pub fn empty() -> Self {
        Self::from(Bytes::new())
    }

    /// Creates a body that `source` opens again for every attempt. `len` is its length in bytes, if known.
    pub fn replayable(len: Option<u64>, source: Arc<dyn BodySource>) -> Self {
        Self::new(Kind::Replayable(source), State::Idle, len)
    }

    /// Creates a body that can be sent only once: no retries, no replay after a challenge, no redirects.
    pub fn once(len: Option<u64>, stream: BoxStream<'static, Result<Bytes, BoxError>>) -> Self {
        Self::new(Kind::Once, State::Streaming(stream), len)
    }

    /// Returns the same body from its start, or `None` if it can be sent only once.
    pub fn try_clone(&self) -> Option<Self> {
        match &self.origin {
            Kind::Once => None,
            kind => Some(Self::new(kind.clone(), State::Idle, self.len)),
        }
    }

    /// Returns `true` if [`Self::try_clone`] returns a body.
    pub fn is_replayable(&self) -> bool {
        !matches!(self.origin, Kind::Once)
    }

    /// Returns `true` if the body is in memory.
    pub fn is_in_memory(&self) -> bool {
        matches!(self.origin, Kind::Bytes(_))
    }

    /// Returns the length in bytes, if known.
    #[allow(
        clippy::len_without_is_empty,
        reason = "an unknown length is neither empty nor not"
    )]
    pub fn len(&self) -> Option<u64> {
        self.len
    }

    fn new(origin: Kind, state: State, len: Option<u64>) -> Self {
        Self {
            origin,
            state,
            len,
            taken: 0,
            sent: 0,
            last: None,
            finished: false,
        }
    }

    fn poll_stream(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        loop {
            match &mut self.state {
                State::Idle => match &self.origin {
                    Kind::Bytes(bytes) => {
                        let bytes = bytes.clone();
                        self.state = State::Done;
                        return Poll::Ready((!bytes.is_empty()).then_some(Ok(bytes)));
                    }
                    Kind::Replayable(source) => {
                        let source = Arc::clone(source);
                        self.state = State::Opening(Box::pin(async move { source.open().await }));
                    }
                    Kind::Once => self.state = State::Done,
                },
                State::Opening(opening) => match ready!(opening.as_mut().poll(cx)) {
                    Ok(stream) => self.state = State::Streaming(stream),
                    Err(error) => return Poll::Ready(Some(Err(error))),
                },
                State::Streaming(stream) => return stream.as_mut().poll_next(cx),
                State::Done => return Poll::Ready(None),
            }
        }
    }

    /// Counts the bytes of the source. The bytes that complete the promised length are held back until the source has
    /// ended, because a connection stops polling once it has sent the announced length, and would miss excess bytes.
    fn poll_counted(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        loop {
            let next = ready!(self.poll_stream(cx));
            let bytes = match next {
                Some(Ok(bytes)) if bytes.is_empty() => continue,
                Some(Ok(bytes)) => bytes,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(self.end()),
            };
            self.taken = self.taken.saturating_add(bytes.len() as u64);
            match self.len {
                Some(promised) if self.taken > promised => {
                    return Poll::Ready(Some(Err(BodyFault::TooLong { promised }.into())));
                }
                Some(promised) if self.taken == promised => self.last = Some(bytes),
                _ => return Poll::Ready(Some(Ok(bytes))),
            }
        }
    }

    fn end(&mut self) -> Option<Result<Bytes, BoxError>> {
        self.state = State::Done;
        if let Some(last) = self.last.take() {
            return Some(Ok(last));
        }
        match self.len {
            Some(promised) if self.taken < promised => Some(Err(BodyFault::TooShort {
                promised,
                sent: self.taken,
            }
            .into())),
            _ => None,
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        let len = Some(bytes.len() as u64);
        Self::new(Kind::Bytes(bytes), State::Idle, len)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("len", &self.len)
            .field("replayable", &self.is_replayable())
            .finish()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let body = self.get_mut();
        if body.finished {
            return Poll::Ready(None);
        }
        let next = ready!(body.poll_counted(cx));
        match &next {
            Some(Ok(bytes)) => {
                body.sent = body.sent.saturating_add(bytes.len() as u64);
                body.finished = matches!(body.state, State::Done);
            }
            // An error is final.
            Some(Err(_)) | None => body.finished = true,
        }
        Poll::Ready(next.map(|result| result.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.finished || matches!(&self.origin, Kind::Bytes(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self.len {
            Some(len) => SizeHint::with_exact(len.saturating_sub(self.sent)),
            None => SizeHint::default(),
        }
    }
}

/// A body whose length is not the promised one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyFault {
    /// The body ended early.
    #[error("body ended after {sent} of {promised} bytes")]
    TooShort {
        /// The announced length in bytes.
        promised: u64,
        /// The actual length in bytes.
        sent: u64,
    },
    /// The body is longer. The excess bytes were not sent.
    #[error("body continues after {promised} bytes")]
    TooLong {
        /// The announced length in bytes.
        promised: u64,
    },
}
