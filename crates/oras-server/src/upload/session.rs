//! An upload session.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use oras_content::{Descriptor, Digest, MediaType, Staged};
use tokio::sync::Mutex as AsyncMutex;

use crate::body::{Incoming, too_large};
use crate::error::{Code, Failure, Result};

/// An open upload: the received bytes of a blob, staged in the store of its repository.
pub(crate) struct Session {
    id: String,
    repository: String,
    len: AtomicU64,
    /// Whether the last chunk was too short to be followed by another one.
    ends: AtomicBool,
    touched: Mutex<Instant>,
    /// `None` once it was committed, or the store failed.
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

    /// Returns the number of bytes received.
    pub(super) fn len(&self) -> u64 {
        self.len.load(Relaxed)
    }

    /// Locks the session, so that requests write to it one at a time.
    pub(super) async fn lock(&self) -> Writer<'_> {
        let staged = self.staged.lock().await;
        if let Some(staged) = &*staged {
            // A write that was dropped with its connection may still have stored its bytes.
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

    /// Discards the received bytes, once no request writes to it.
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

    /// Whether the upload has ended. The request that ended it may not have been able to remove it.
    pub(super) fn is_over(&self) -> bool {
        self.staged.try_lock().is_ok_and(|staged| staged.is_none())
    }

    pub(super) fn touch(&self) {
        *self.touched.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether the session was inactive for longer than `lifetime`. One that is being written to never expires.
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
    /// Writes a body to its end, frame by frame; bytes written before a failure are kept.
    ///
    /// `expected` is the length announced by the client, `limit` the maximum size of the blob.
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

    /// Like [`take`](Self::take), for a chunk, which needs at least `min` bytes to be followed by another one.
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

    /// Makes the received bytes survive the end of the server, if the store can.
    async fn flush(&mut self) -> Result<()> {
        let staged = self.staged.as_mut().ok_or_else(unknown)?;
        let flushed = staged.flush().await;
        self.unless_failed(flushed).await
    }

    /// Ends the upload if the store failed, because it is unknown which bytes were stored.
    async fn unless_failed(&mut self, done: oras_content::Result<()>) -> Result<()> {
        if done.is_err()
            && let Some(staged) = self.staged.take()
        {
            staged.discard().await;
        }
        done.map_err(|error| Failure::of_store(error, Code::BlobUploadUnknown))
    }

    /// Commits the bytes as the blob of this digest. The upload ends even if they have another digest.
    pub(super) async fn commit(mut self, digest: &Digest) -> Result<()> {
        let staged = self.staged.take().ok_or_else(unknown)?;
        commit(staged, digest).await
    }
}

/// Commits the bytes as the blob of this digest.
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
