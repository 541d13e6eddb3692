//! Streams of content, before and during verification.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt, TryStreamExt};
use tokio::io::AsyncRead;
use tokio_util::io::{ReaderStream, StreamReader};

use crate::{Descriptor, Error, Result, Verified, Verifier};

/// Upper bound on the initial buffer, whatever size is claimed.
const FIRST_BUFFER: u64 = 64 * 1024;

/// Bytes read from a reader at a time.
pub(crate) const READ_SIZE: usize = 64 * 1024;

/// The bytes of some content, or of a range of it, as a stream of frames.
///
/// The bytes are unverified; consumers verify them, for example with [`verified`](Self::verified).
pub struct Content {
    frames: BoxStream<'static, Result<Bytes>>,
    len: Option<u64>,
}

impl Content {
    /// Creates content from a stream of frames; `len` is its length in bytes, if known.
    pub fn new(frames: impl Stream<Item = Result<Bytes>> + Send + 'static, len: Option<u64>) -> Self {
        Self {
            frames: frames.boxed(),
            len,
        }
    }

    /// Creates content from a reader, read 64 KiB at a time; `len` is its length in bytes, if known.
    pub fn from_reader(reader: impl AsyncRead + Send + 'static, len: Option<u64>) -> Self {
        let frames = ReaderStream::with_capacity(reader, READ_SIZE);
        Self::new(frames.map_err(|error| Error::storage("the reader", error)), len)
    }

    /// Returns the announced length in bytes. This is the sender's claim, not a fact.
    pub fn len(&self) -> Option<u64> {
        self.len
    }

    /// Returns `true` if the announced length is zero.
    pub fn is_empty(&self) -> bool {
        self.len == Some(0)
    }

    /// Verifies the bytes as they are read: the stream ends with an error unless they are the content of `expected`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Verify`](crate::ErrorKind::Verify): the digest of `expected` cannot be verified.
    pub fn verified(self, expected: &Descriptor) -> Result<VerifiedContent> {
        let verifier = Verifier::new(expected).map_err(|source| Error::verify(&expected.digest, source))?;
        Ok(VerifiedContent {
            content: self,
            verifier: Some(verifier),
            is_started: false,
            expected: expected.clone(),
        })
    }

    /// Reads everything into memory and verifies it. Buffers at most one frame more than `expected.size`.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Verify`](crate::ErrorKind::Verify): the bytes are not the content of `expected`.
    /// - Any error the store reports while reading.
    pub async fn read_all(self, expected: &Descriptor) -> Result<Verified> {
        self.verified(expected)?.read_all().await
    }

    /// Maps the errors of the stream with `change`.
    #[must_use]
    pub fn map_errors(self, change: impl FnMut(Error) -> Error + Send + 'static) -> Self {
        let len = self.len;
        Self::new(self.frames.map_err(change), len)
    }

    /// Truncates the content to at most `limit` bytes.
    pub(crate) fn limited(self, limit: Option<u64>) -> Self {
        let Some(limit) = limit else { return self };
        let len = self.len.map(|len| len.min(limit));
        let frames = stream::try_unfold((self.frames, limit), |(mut frames, left)| async move {
            if left == 0 {
                return Ok(None);
            }
            let Some(mut frame) = frames.try_next().await? else {
                return Ok(None);
            };
            frame.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            let left = left - frame.len() as u64;
            Ok(Some((frame, (frames, left))))
        });
        Self::new(frames, len)
    }

    /// Converts the frames into an [`AsyncRead`].
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

/// Content that ends with an error unless its bytes match a descriptor.
///
/// Do not trust the bytes until the stream has ended without an error.
pub struct VerifiedContent {
    content: Content,
    /// `None` once the content has ended, successfully or not.
    verifier: Option<Verifier>,
    is_started: bool,
    expected: Descriptor,
}

impl VerifiedContent {
    /// Returns the descriptor the content is verified against.
    pub fn descriptor(&self) -> &Descriptor {
        &self.expected
    }

    /// Reads everything into memory. Buffers at most one frame more than the descriptor's size.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Verify`](crate::ErrorKind::Verify): the bytes are not the content of the descriptor.
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): part of the content has already been read.
    /// - Any error the store reports while reading.
    pub async fn read_all(mut self) -> Result<Verified> {
        if self.is_started {
            let what = format!("reading all of {}, of which some was read,", self.expected.digest);
            return Err(Error::unsupported(what));
        }
        let mut bytes = Vec::with_capacity(self.expected.size.min(FIRST_BUFFER) as usize);
        while let Some(frame) = self.try_next().await? {
            bytes.extend_from_slice(&frame);
        }
        // Manifests are kept for a long time, so spare capacity is not kept with them.
        Ok(Verified::trusted(self.expected, bytes.into_boxed_slice().into()))
    }

    /// Converts the frames into an [`AsyncRead`].
    pub fn into_async_read(self) -> impl AsyncRead + Send + Unpin {
        StreamReader::new(self.map_err(io::Error::other))
    }

    fn check(&mut self, frame: Option<Result<Bytes>>) -> Option<Result<Bytes>> {
        let verifier = self.verifier.as_mut()?;
        let checked = match frame {
            Some(Ok(frame)) => match verifier.update(&frame) {
                Ok(()) => return Some(Ok(frame)),
                Err(error) => Err(error),
            },
            Some(Err(error)) => {
                self.verifier = None;
                return Some(Err(error));
            }
            None => self.verifier.take().map_or(Ok(()), Verifier::finish),
        };
        self.verifier = None;
        let failed = checked.err()?;
        Some(Err(Error::verify(&self.expected.digest, failed)))
    }
}

impl Stream for VerifiedContent {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.verifier.is_none() {
            return Poll::Ready(None);
        }
        self.is_started = true;
        let frame = ready!(self.content.poll_next_unpin(cx));
        Poll::Ready(self.check(frame))
    }
}

impl From<VerifiedContent> for Content {
    fn from(verified: VerifiedContent) -> Self {
        let len = verified.content.len;
        Self::new(verified, len)
    }
}

impl fmt::Debug for VerifiedContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedContent")
            .field("expected", &self.expected.digest)
            .finish_non_exhaustive()
    }
}
