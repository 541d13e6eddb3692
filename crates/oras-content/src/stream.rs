//! Content on its way: frames of bytes that were not verified yet.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt, TryStreamExt};
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

use crate::{Descriptor, Result, Verified, VerifiedStream};

/// A first buffer never is larger than this, whatever the descriptor says.
const FIRST_BUFFER: u64 = 64 * 1024;

/// The bytes of some content, or of a range of it, as they arrive.
///
/// A `Content` out of [`FetcherExt::fetch`](crate::FetcherExt::fetch) is verified; one out of
/// [`Fetcher::fetch_opts`](crate::Fetcher::fetch_opts) is what the store has, and whoever consumes it verifies it.
pub struct Content {
    frames: BoxStream<'static, Result<Bytes>>,
    len: Option<u64>,
}

impl Content {
    /// Content from frames; `len` is how many bytes they are, where that is known.
    pub fn new(frames: impl Stream<Item = Result<Bytes>> + Send + 'static, len: Option<u64>) -> Self {
        Self {
            frames: frames.boxed(),
            len,
        }
    }

    /// How many bytes are announced. A claim of the other side, not a fact.
    pub fn len(&self) -> Option<u64> {
        self.len
    }

    /// Whether no bytes are announced.
    pub fn is_empty(&self) -> bool {
        self.len == Some(0)
    }

    /// The same bytes, ending with an error unless they are the content of `expected`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Verify`](crate::ErrorKind::Verify): the digest of `expected` cannot be verified.
    pub fn verified(self, expected: &Descriptor) -> Result<Self> {
        let len = self.len;
        Ok(Self::new(VerifiedStream::new(self.frames, expected)?, len))
    }

    /// Reads everything into memory and verifies it. Buffers at most one frame more than `expected.size`.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Verify`](crate::ErrorKind::Verify): it is not the content of `expected`.
    /// - Whatever the store reports while reading.
    pub async fn read_all(self, expected: &Descriptor) -> Result<Verified> {
        let mut frames = VerifiedStream::new(self.frames, expected)?;
        let mut content = Vec::with_capacity(expected.size.min(FIRST_BUFFER) as usize);
        while let Some(frame) = frames.try_next().await? {
            content.extend_from_slice(&frame);
        }
        Ok(Verified::trusted(expected.clone(), content.into()))
    }

    /// The frames as a reader, for code that wants one.
    pub fn into_async_read(self) -> impl AsyncRead + Send + Unpin {
        StreamReader::new(self.frames.map_err(io::Error::other))
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        let len = Some(bytes.len() as u64);
        Self::new(stream::iter((!bytes.is_empty()).then_some(Ok(bytes))), len)
    }
}

impl Stream for Content {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.frames.poll_next_unpin(cx)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}
