//! `ResponseBody`: the body of a response.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use futures_util::stream::BoxStream;
use http_body::{Body as _, Frame, SizeHint};

use crate::body_timeouts::BodyTimeouts;
use crate::error::Error;
use crate::frames::Frames;
use crate::idle::Idle;
use crate::rate_check::MinRate;

/// Maximum number of bytes that [`ResponseBody::drain`] reads.
pub const DRAIN_LIMIT: u64 = 64 * 1024;

/// Maximum duration of draining, after which the connection is closed instead.
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// The body of a response.
///
/// While it exists it holds a permit of the limit for its origin. The wait for the next frame is limited by the idle
/// timeout and the minimum rate of [`TransportOptions`](crate::TransportOptions). The whole body has no timeout.
/// Dropping it unread closes an HTTP/1.1 connection, see [`Self::drain`].
///
/// Spec: RFC 9110, section 6.4, "Content"; RFC 9112, section 9.3, "Persistence".
pub struct ResponseBody {
    frames: Frames,
    /// Bytes that were read ahead.
    prefix: Option<Bytes>,
    timeouts: Option<BodyTimeouts>,
    url: Box<str>,
    received: u64,
    failed: bool,
    guards: Vec<Box<dyn Any + Send + Sync>>,
    watch: Option<Box<dyn Watch>>,
}

/// Observes the frames of a body, and their total size when it is dropped.
pub(crate) trait Watch: Send + Sync {
    fn received(&mut self, frame: &Bytes);

    fn ended(&self, received: u64);
}

impl ResponseBody {
    /// Creates an empty body.
    pub fn empty() -> Self {
        Self::new(Frames::Empty, Box::default())
    }

    /// Creates a body from a stream, for test doubles and for servers in the same process.
    pub fn from_stream(stream: BoxStream<'static, Result<Bytes, Error>>) -> Self {
        Self::new(Frames::Stream(stream), Box::default())
    }

    pub(crate) fn incoming(
        incoming: hyper::body::Incoming,
        url: Box<str>,
        idle: Idle,
        least: Option<MinRate>,
    ) -> Self {
        let timeouts = (!incoming.is_end_stream()).then(|| BodyTimeouts::new(idle, least));
        let mut body = Self::new(Frames::Incoming(incoming), url);
        body.timeouts = timeouts;
        body
    }

    fn new(frames: Frames, url: Box<str>) -> Self {
        Self {
            frames,
            prefix: None,
            timeouts: None,
            url,
            received: 0,
            failed: false,
            guards: Vec::new(),
            watch: None,
        }
    }

    /// Keeps `guard` alive until the body is dropped.
    pub(crate) fn hold(&mut self, guard: impl Any + Send + Sync) {
        self.guards.push(Box::new(guard));
    }

    pub(crate) fn watch(&mut self, watch: Box<dyn Watch>) {
        self.watch = Some(watch);
    }

    /// Puts back bytes that were read ahead.
    pub(crate) fn unread(&mut self, bytes: Bytes) {
        self.received = self.received.saturating_sub(bytes.len() as u64);
        self.prefix = (!bytes.is_empty()).then_some(bytes);
    }

    /// Returns the next bytes, or `None` at the end.
    ///
    /// # Errors
    ///
    /// - [`Error::ResponseBody`]: the connection broke, or the body ended early.
    /// - [`Error::TimedOut`]: nothing arrived within the idle timeout.
    /// - [`Error::TooSlow`]: the body is slower than the minimum rate.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        std::future::poll_fn(|cx| self.poll_data(cx)).await
    }

    /// Turns the body into a stream of its frames.
    pub fn into_stream(self) -> BoxStream<'static, Result<Bytes, Error>> {
        Box::pin(self)
    }

    /// Reads the whole body into memory, whatever length was announced.
    ///
    /// # Errors
    ///
    /// - [`Error::BodyTooLarge`]: the body has more than `limit` bytes. Reading stops there.
    /// - [`Error::ResponseBody`], [`Error::TimedOut`], [`Error::TooSlow`]: as for [`Self::next`].
    pub async fn read_limited(mut self, limit: usize) -> Result<Bytes, Error> {
        let mut first: Option<Bytes> = None;
        let mut all = BytesMut::new();
        while let Some(bytes) = self.next().await {
            let bytes = bytes?;
            let held = first.as_ref().map_or(all.len(), Bytes::len);
            if bytes.len() > limit.saturating_sub(held) {
                return Err(Error::BodyTooLarge {
                    url: std::mem::take(&mut self.url),
                    limit,
                });
            }
            match first.take() {
                None if all.is_empty() => first = Some(bytes),
                None => all.extend_from_slice(&bytes),
                Some(earlier) => {
                    all.extend_from_slice(&earlier);
                    all.extend_from_slice(&bytes);
                }
            }
        }
        Ok(first.unwrap_or_else(|| all.freeze()))
    }

    /// Reads and discards a small rest of the body, so that its connection can be reused.
    ///
    /// Best effort: stops after [`DRAIN_LIMIT`] bytes, two seconds or an error, and at once if more is announced.
    pub async fn drain(mut self) {
        if http_body::Body::size_hint(&self).lower() > DRAIN_LIMIT {
            return;
        }
        let read = async {
            let mut left = DRAIN_LIMIT;
            while let Some(Ok(bytes)) = self.next().await {
                left = left.saturating_sub(bytes.len() as u64);
                if left == 0 {
                    break;
                }
            }
        };
        // After the timeout, closing the connection is cheaper than waiting for a slow peer.
        let _ = tokio::time::timeout(DRAIN_TIME, read).await;
    }

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if self.failed {
            return Poll::Ready(None);
        }
        let next = match self.prefix.take() {
            Some(bytes) => Some(Ok(bytes)),
            None => std::task::ready!(self.poll_within_limits(cx)),
        };
        match &next {
            Some(Ok(bytes)) => self.note(bytes),
            Some(Err(_)) => self.failed = true,
            None => {}
        }
        Poll::Ready(next)
    }

    /// Counts the bytes passed to the caller, and reports them to the observer.
    fn note(&mut self, bytes: &Bytes) {
        self.received = self.received.saturating_add(bytes.len() as u64);
        if let Some(watch) = &mut self.watch {
            watch.received(bytes);
        }
    }

    /// The next bytes, or an error if the peer is silent or too slow.
    fn poll_within_limits(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let next = self.frames.poll_next(cx, &self.url);
        let Some(timeouts) = &mut self.timeouts else {
            return next;
        };
        match next {
            Poll::Pending => timeouts.poll_elapsed(cx).map(|error| Some(Err(error))),
            Poll::Ready(Some(Ok(bytes))) => {
                let received = timeouts.receives(bytes.len() as u64);
                Poll::Ready(Some(received.map(|()| bytes)))
            }
            ended => {
                timeouts.stop();
                ended
            }
        }
    }
}

impl Default for ResponseBody {
    fn default() -> Self {
        Self::empty()
    }
}

impl From<Bytes> for ResponseBody {
    fn from(bytes: Bytes) -> Self {
        let mut body = Self::empty();
        body.prefix = (!bytes.is_empty()).then_some(bytes);
        body
    }
}

impl From<&'static str> for ResponseBody {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        if let Some(watch) = self.watch.take() {
            watch.ended(self.received);
        }
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody")
            .field("url", &self.url)
            .field("received", &self.received)
            .finish()
    }
}

impl Stream for ResponseBody {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_data(cx)
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.get_mut()
            .poll_data(cx)
            .map(|next| next.map(|result| result.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.prefix.is_none() && self.frames.is_ended()
    }

    fn size_hint(&self) -> SizeHint {
        let ahead = self.prefix.as_ref().map_or(0, |bytes| bytes.len() as u64);
        let mut hint = self.frames.size_hint();
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(ahead));
        }
        hint.set_lower(hint.lower().saturating_add(ahead));
        hint
    }
}
