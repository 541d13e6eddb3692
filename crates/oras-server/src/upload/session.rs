//! A session: an upload that is open.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use oras_content::{Descriptor, Digest, MediaType, Staged};
use tokio::sync::Mutex as AsyncMutex;

use crate::body::{Incoming, too_large};
use crate::error::{Code, Failure, Result};

/// An open upload: what was received of a blob, in the store of its repository.
pub(crate) struct Session {
    id: String,
    repository: String,
    len: AtomicU64,
    /// Whether the chunk that was taken last is too short to be followed by another one.
    ends: AtomicBool,
    touched: Mutex<Instant>,
    /// Empty once it was committed, or the store failed.
    staged: AsyncMutex<Option<Box<dyn Staged>>>,
}

impl Session {
    pub(super) fn new(id: String, repository: String, staged: Box<dyn Staged>) -> Self {
        Self {
            id,
            repository,
            len: AtomicU64::new(staged.len()),
            ends: AtomicBool::new(false),
            touched: Mutex::new(Instant::now()),
            staged: AsyncMutex::new(Some(staged)),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// How many bytes were received.
    pub(super) fn len(&self) -> u64 {
        self.len.load(Relaxed)
    }

    /// Locks the session: one request after the other writes to it.
    pub(super) async fn lock(&self) -> Writer<'_> {
        let staged = self.staged.lock().await;
        if let Some(staged) = &*staged {
            // A write that was given up in the middle, with its connection, may have taken its bytes all the same.
            self.len.store(staged.len(), Relaxed);
        }
        Writer {
            staged,
            session: self,
        }
    }

    pub(super) fn repository(&self) -> &str {
        &self.repository
    }

    /// Discards what was received, as soon as no request writes to it.
    pub(super) async fn discard(self: &Arc<Self>) {
        let session = Arc::clone(self);
        let discarded = async move {
            let staged = session.staged.lock().await.take();
            if let Some(staged) = staged {
                staged.discard().await;
            }
        };
        match self.is_busy() {
            true => drop(tokio::spawn(discarded)),
            false => discarded.await,
        }
    }

    /// Whether a request is writing to it.
    fn is_busy(&self) -> bool {
        self.staged.try_lock().is_err()
    }

    /// Whether nothing can become of it any more. The request that ended it may not have been able to remove it.
    pub(super) fn is_over(&self) -> bool {
        self.staged.try_lock().is_ok_and(|staged| staged.is_none())
    }

    pub(super) fn touch(&self) {
        *self.touched.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether nothing happened to it for so long, and nothing does.
    pub(super) fn is_expired(&self, lifetime: Duration) -> bool {
        let touched = *self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        touched.elapsed() >= lifetime && !self.is_busy()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("repository", &self.repository)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// The one request that writes to a session.
pub(super) struct Writer<'a> {
    staged: tokio::sync::MutexGuard<'a, Option<Box<dyn Staged>>>,
    session: &'a Session,
}

impl Writer<'_> {
    /// Writes a body to its end, frame by frame; what was written before a failure stays.
    ///
    /// `expected` is how many bytes the client announced for it, `limit` how many the blob may have.
    pub(super) async fn take(
        &mut self,
        body: &mut Incoming,
        expected: Option<u64>,
        limit: u64,
    ) -> Result<()> {
        let mut left = expected.unwrap_or(u64::MAX);
        while let Some(frame) = body.frame().await? {
            let len = frame.len() as u64;
            if len > 0 && self.session.ends.load(Relaxed) {
                return Err(too_short());
            }
            left = left.checked_sub(len).ok_or_else(wrong_length)?;
            if self.session.len() + len > limit {
                return Err(too_large(limit));
            }
            self.write(frame).await?;
        }
        match expected {
            Some(_) if left > 0 => Err(wrong_length()),
            _ => Ok(()),
        }
    }

    /// As [`take`](Self::take), for a chunk that another one follows only if it has `min` bytes.
    pub(super) async fn take_chunk(
        &mut self,
        body: &mut Incoming,
        expected: Option<u64>,
        limit: u64,
        min: u64,
    ) -> Result<()> {
        let before = self.session.len();
        let taken = self.take(body, expected, limit).await;
        if self.staged.is_some() {
            self.flush().await?;
        }
        taken?;
        if self.session.len() - before < min {
            self.session.ends.store(true, Relaxed);
        }
        Ok(())
    }

    async fn write(&mut self, frame: Bytes) -> Result<()> {
        let staged = self.staged.as_mut().ok_or_else(unknown)?;
        let written = staged.append(frame).await;
        self.session.len.store(staged.len(), Relaxed);
        self.session.touch();
        self.unless_failed(written).await
    }

    /// Puts what was taken where it outlives the server, if it can be anywhere.
    async fn flush(&mut self) -> Result<()> {
        let staged = self.staged.as_mut().ok_or_else(unknown)?;
        let flushed = staged.flush().await;
        self.unless_failed(flushed).await
    }

    /// Ends the upload where the store failed: of what was taken before, nobody knows what is there.
    async fn unless_failed(&mut self, done: oras_content::Result<()>) -> Result<()> {
        if done.is_err()
            && let Some(staged) = self.staged.take()
        {
            staged.discard().await;
        }
        done.map_err(|error| Failure::of_store(error, Code::BlobUploadUnknown))
    }

    /// Makes what was written the blob of this digest. The upload is over, whether or not it is that blob.
    pub(super) async fn commit(mut self, digest: &Digest) -> Result<()> {
        let staged = self.staged.take().ok_or_else(unknown)?;
        commit(staged, digest).await
    }
}

/// Makes what was written the blob of this digest.
pub(super) async fn commit(staged: Box<dyn Staged>, digest: &Digest) -> Result<()> {
    let blob = Descriptor::new(MediaType::OCTET_STREAM, digest.clone(), staged.len());
    let committed = staged.commit(&blob).await;
    committed
        .map(drop)
        .map_err(|error| Failure::of_store(error, Code::BlobUploadUnknown))
}

fn wrong_length() -> Failure {
    Failure::new(
        Code::SizeInvalid,
        "the chunk is not as long as its Content-Range says",
    )
}

fn too_short() -> Failure {
    Failure::new(
        Code::BlobUploadInvalid,
        "the chunk before was shorter than OCI-Chunk-Min-Length, so that it has to be the last one",
    )
}

pub(super) fn unknown() -> Failure {
    Failure::new(Code::BlobUploadUnknown, "there is no such upload session")
}
