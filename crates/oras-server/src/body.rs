//! Bodies of requests and responses, frame by frame.

use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::StatusCode;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use hyper::header::{CONNECTION, HeaderValue};
use oras_content::{BoxError, Content};
use tokio::time::Instant;

use crate::connection::Busy;
use crate::error::{Code, Failure, Result};

/// The body of a response.
pub struct Body {
    frames: UnsyncBoxBody<Bytes, BoxError>,
    busy: Option<Busy>,
}

impl Body {
    /// Creates a body that reads from a store while it is sent.
    pub(crate) fn stream(content: Content) -> Self {
        let frames = content.map_ok(Frame::data).map_err(BoxError::from);
        Self::boxed(StreamBody::new(frames))
    }

    /// Creates a body from any other. Its error ends the stream or connection of the request.
    pub fn boxed(body: impl HttpBody<Data = Bytes, Error = BoxError> + Send + 'static) -> Self {
        Self {
            frames: body.boxed_unsync(),
            busy: None,
        }
    }

    /// Marks the connection as busy until the client has to read.
    pub(crate) fn watched(self, mut busy: Busy) -> Self {
        busy.clients_turn();
        Self {
            busy: Some(busy),
            ..self
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self::boxed(Full::new(bytes.into()).map_err(|never| match never {}))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(busy) = &mut self.busy {
            busy.our_turn();
        }
        let polled = Pin::new(&mut self.frames).poll_frame(cx);
        if let (true, Some(busy)) = (polled.is_ready(), &mut self.busy) {
            busy.clients_turn();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.frames.size_hint()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("size", &self.size_hint())
            .field("watched", &self.busy.is_some())
            .finish_non_exhaustive()
    }
}

/// The body of a request, with a limit on how slow the client may be.
pub struct Incoming {
    /// Never locked: the lock only makes the type `Sync`, so that tasks can hold a reference to a call.
    frames: Mutex<UnsyncBoxBody<Bytes, BoxError>>,
    /// Called with the number of bytes received.
    observer: Option<Box<dyn Fn(usize) + Send + Sync>>,
    patience: Duration,
    /// The minimum number of bytes per period of patience.
    stretch: u64,
    /// The time spent waiting for the client, and the bytes received, since the last period with enough progress.
    waited: Duration,
    fresh: u64,
    open: bool,
    /// How many more bytes the handler may read.
    left: u64,
    /// Bytes that were read and are to be read again.
    again: Option<Bytes>,
}

impl Incoming {
    /// Bytes of an unwanted body that are still read, so that the sender gets the response: 8 MiB.
    pub const DRAINED: u64 = 8 * 1024 * 1024;

    /// The client may be silent for `patience`, and must send at least `least_rate` bytes per second over that time.
    pub(crate) fn new<B>(body: B, patience: Duration, least_rate: u64) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self {
            open: !body.is_end_stream(),
            frames: Mutex::new(body.map_err(Into::into).boxed_unsync()),
            observer: None,
            patience,
            stretch: (patience.as_secs_f64() * least_rate as f64) as u64,
            waited: Duration::ZERO,
            fresh: 0,
            left: u64::MAX,
            again: None,
        }
    }

    /// Calls `observer` with the number of bytes of each frame that is received from now on.
    pub fn observe(&mut self, observer: impl Fn(usize) + Send + Sync + 'static) {
        self.observer = Some(Box::new(observer));
    }

    /// Hides all but the next `len` bytes from the handler; the others are still received.
    pub fn keep(&mut self, len: u64) {
        self.left = len;
    }

    /// Returns these bytes, which were already read, before the unread rest of the body.
    pub fn replay(&mut self, bytes: Bytes) {
        self.again = Some(bytes);
    }

    /// Returns the next bytes, or `None` at the end.
    pub(crate) async fn frame(&mut self) -> Result<Option<Bytes>> {
        if let Some(bytes) = self.again.take() {
            return Ok(Some(bytes));
        }
        while self.open {
            // If this wait ends early, the body is not read any further.
            self.open = false;
            let frames = self.frames.get_mut().unwrap_or_else(PoisonError::into_inner);
            let since = Instant::now();
            let patience = self.patience.saturating_sub(self.waited);
            let frame = tokio::time::timeout(patience, frames.frame()).await;
            self.waited += since.elapsed();
            let Some(frame) = frame.map_err(|_| too_slow())? else {
                break;
            };
            let frame = frame.map_err(|error| broken(&*error))?;
            self.open = true;
            if let Ok(bytes) = frame.into_data() {
                if let Some(observer) = &self.observer {
                    observer(bytes.len());
                }
                self.progress(bytes.len() as u64);
                return Ok(Some(self.visible(bytes)));
            }
        }
        Ok(None)
    }

    /// Resets the client's patience if enough bytes arrived.
    fn progress(&mut self, len: u64) {
        self.fresh += len;
        if self.fresh >= self.stretch {
            (self.waited, self.fresh) = (Duration::ZERO, 0);
        }
    }

    fn visible(&mut self, mut bytes: Bytes) -> Bytes {
        bytes.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= bytes.len() as u64;
        bytes
    }

    /// Reads the whole body, of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// The failure to answer with: the body is larger, ended early, or was too slow.
    pub async fn read(&mut self, limit: u64) -> Result<Bytes> {
        let frames = self.frames.get_mut().unwrap_or_else(PoisonError::into_inner);
        let announced = frames.size_hint().lower();
        let mut read = BytesMut::new();
        if announced > limit {
            return Err(too_large(limit));
        }
        while let Some(frame) = self.frame().await? {
            if read.len() as u64 + frame.len() as u64 > limit {
                return Err(too_large(limit));
            }
            read.extend_from_slice(&frame);
        }
        Ok(read.freeze())
    }

    /// Reads to the end, but at most `limit` bytes: a client that is still sending would otherwise lose the response with
    /// the connection.
    pub async fn drain(&mut self, limit: u64) {
        let mut left = limit;
        while left > 0
            && let Ok(Some(frame)) = self.frame().await
        {
            left = left.saturating_sub(frame.len() as u64);
        }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}

/// The failure of a body above the limit.
pub(crate) fn too_large(limit: u64) -> Failure {
    Failure::new(
        Code::SizeInvalid,
        format!("more than {limit} bytes are not taken here"),
    )
    .with_status(StatusCode::PAYLOAD_TOO_LARGE)
}

fn too_slow() -> Failure {
    Failure::new(Code::Unknown, "the body did not arrive in time")
        .with_status(StatusCode::REQUEST_TIMEOUT)
        .with_header(CONNECTION, HeaderValue::from_static("close"))
}

fn broken(error: &(dyn std::error::Error + 'static)) -> Failure {
    tracing::debug!(%error, "a request body broke off");
    Failure::new(Code::BlobUploadInvalid, "the body ended early")
}
