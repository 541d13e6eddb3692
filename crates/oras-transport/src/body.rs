//! `Body`: what a request sends.

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

/// Where a replayable body comes from; opened anew for each attempt.
#[async_trait]
pub trait BodySource: Send + Sync {
    /// Opens the body at its beginning.
    ///
    /// # Errors
    ///
    /// Whatever kept it from being opened; it ends the request.
    async fn open(&self) -> Result<BoxStream<'static, Result<Bytes, BoxError>>, BoxError>;
}

/// The body of a request.
///
/// A body of known length is sent with `Content-Length` and must yield exactly that many bytes: a source that ends
/// early or goes on ends the request with [`BodyFault`]. Nothing is opened before the connection asks for data. A body of
/// unknown length is sent in chunks, which not every registry takes.
///
/// Spec: RFC 9112, sections 6.2, "Content-Length", and 7.1, "Chunked Transfer Coding".
pub struct Body {
    origin: Kind,
    state: State,
    len: Option<u64>,
    /// Bytes the source yielded.
    taken: u64,
    /// Bytes handed to the connection.
    sent: u64,
    /// The bytes that complete `len`, kept until the source has ended.
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
    /// No body.
    pub fn empty() -> Self {
        Self::from(Bytes::new())
    }

    /// A body that `source` can produce again for every attempt. `len` is its length in bytes, where known.
    pub fn replayable(len: Option<u64>, source: Arc<dyn BodySource>) -> Self {
        Self::new(Kind::Replayable(source), State::Idle, len)
    }

    /// A body that can be sent once only: no retries, no replay after a challenge, no redirect.
    pub fn once(len: Option<u64>, stream: BoxStream<'static, Result<Bytes, BoxError>>) -> Self {
        Self::new(Kind::Once, State::Streaming(stream), len)
    }

    /// The same body from its beginning, or `None` if it can be sent once only.
    pub fn try_clone(&self) -> Option<Self> {
        match &self.origin {
            Kind::Once => None,
            kind => Some(Self::new(kind.clone(), State::Idle, self.len)),
        }
    }

    /// Whether [`Self::try_clone`] gives a body.
    pub fn is_replayable(&self) -> bool {
        !matches!(self.origin, Kind::Once)
    }

    /// Whether nothing has to be read from elsewhere to send it.
    pub fn is_in_memory(&self) -> bool {
        matches!(self.origin, Kind::Bytes(_))
    }

    /// The length in bytes, where known.
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

    /// Counts what the source yields and keeps back the bytes that complete the promised length until the source
    /// has ended: a connection stops asking once it has sent what was announced, and would miss a surplus.
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

/// A body that does not keep the promise of its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyFault {
    /// It ended early.
    #[error("body ended after {sent} of {promised} bytes")]
    TooShort {
        /// Bytes announced.
        promised: u64,
        /// Bytes there were.
        sent: u64,
    },
    /// It went on; the surplus was not sent.
    #[error("body continues after {promised} bytes")]
    TooLong {
        /// Bytes announced.
        promised: u64,
    },
}
