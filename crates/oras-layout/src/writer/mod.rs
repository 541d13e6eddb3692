//! Writes content to a folder of blobs, and hashes it meanwhile.

mod kept;
mod state;
mod storing;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::future::{self, Join, OptionFuture};
use oras_content::{
    Algorithm, ByteRanges, Content, Descriptor, Error, Hasher, Pushed, Result, StageKey, Staged, VerifyError,
};
use oras_fs::is_older;
use tokio::task::{JoinHandle, spawn_blocking};

use self::state::State;
use crate::destination::Destination;
use crate::part::Part;
use crate::store::{finished_in, run};

/// Maximum number of bytes and of frames in one write.
const BATCH_BYTES: usize = 512 * 1024;
const BATCH_FRAMES: usize = 1024;

/// A temporary file that becomes a blob. Dropping it removes the file, unless it is a partial file that can be resumed.
///
/// While one batch is written, and hashed by another thread, the next is collected.
pub(crate) struct BlobWriter {
    to: Arc<dyn Destination>,
    algorithm: Algorithm,
    state: State,
    /// Frames and their offsets.
    batch: Vec<Frame>,
    batched: usize,
    there: ByteRanges,
    /// Whether the file is kept for the next run, so that its length must be that of its valid content.
    is_kept: bool,
    /// Whether existing content is replaced.
    force: bool,
}

/// A batch that is being written, and hashed concurrently unless it is the first.
type Job = Join<JoinHandle<Written>, OptionFuture<JoinHandle<Hasher>>>;

/// Bytes and their offset.
type Frame = (u64, Bytes);

/// The part that a batch was written to, and the outcome.
type Written = (Option<Box<Part>>, Result<()>);

impl BlobWriter {
    pub(crate) fn new(to: Arc<dyn Destination>, algorithm: Algorithm) -> Self {
        Self {
            to,
            algorithm,
            state: State::New,
            batch: Vec::new(),
            batched: 0,
            there: ByteRanges::default(),
            is_kept: false,
            force: false,
        }
    }

    /// Creates the partial file of `key`, which must not exist.
    pub(crate) fn begin(to: Arc<dyn Destination>, key: &StageKey, algorithm: Algorithm) -> Result<Self> {
        let mut file = to.blobs().create_part(key.as_str())?;
        file.set_state_interval(to.state_interval());
        let mut writer = Self::new(to, algorithm);
        writer.is_kept = true;
        writer.state = State::Idle(Box::new(Part::new(file, Hasher::new(writer.algorithm), 0)));
        Ok(writer)
    }

    /// Resumes the partial file of `key`. One that was not written to for longer than `age` is removed.
    pub(crate) fn resume(
        to: Arc<dyn Destination>,
        key: &StageKey,
        age: Duration,
        algorithm: Algorithm,
    ) -> Result<Self> {
        let mut file = to.blobs().open_part(key.as_str())?;
        let metadata = file.file().metadata();
        let metadata = metadata.map_err(|error| Error::storage(file.path().display(), error))?;
        if is_older(metadata.modified().ok(), age) {
            file.remove_on_drop();
            return Err(Error::not_found(key.as_str()));
        }
        file.set_state_interval(to.state_interval());
        let mut writer = Self::new(to, algorithm);
        writer.is_kept = true;
        writer.there.insert(0..metadata.len());
        writer.state = State::Found(Box::new(file));
        Ok(writer)
    }

    /// Writes all of `frames`, which may not be longer than `expected`.
    async fn fill(&mut self, mut frames: Content, expected: &Descriptor) -> Result<()> {
        while let Some(frame) = frames.try_next().await? {
            self.append(frame).await?;
            if self.there.end() > expected.size {
                return Err(self.wrong_size(expected));
            }
        }
        Ok(())
    }

    fn wrong_size(&self, expected: &Descriptor) -> Error {
        let source = VerifyError::Size {
            expected: expected.size,
            actual: self.there.prefix(),
        };
        Error::verify(&expected.digest, source)
    }

    /// Waits for the batch that is being written.
    async fn settle(&mut self) -> Result<()> {
        if let State::Writing(job) = &mut self.state {
            // The job stays in place while it is awaited, so that a dropped future loses nothing.
            let (written, hashed) = job.await;
            self.state = State::Failed(None);
            let (mut part, written) = finished_in(self.to.root(), &self.to.name(), written.map(Ok))?;
            let hashed = hashed.map(|hashed| finished_in(self.to.root(), &self.to.name(), hashed.map(Ok)));
            if let (Some(part), Some(hasher)) = (&mut part, hashed.transpose()?) {
                part.take_back(hasher);
            }
            self.state = match part {
                Some(part) if written.is_ok() => State::Idle(part),
                part => State::Failed(part),
            };
            return written.map_err(|error| error.in_store(&self.to.name()));
        }
        Ok(())
    }

    /// Starts to write the collected batch.
    async fn write_batch(&mut self) -> Result<()> {
        self.settle().await?;
        let batch = Arc::new(std::mem::take(&mut self.batch));
        self.batched = 0;
        let mut state = std::mem::replace(&mut self.state, State::Failed(None));
        let saved = state.to_save();
        let hashed = state.lend_hasher().map(|hasher| hash_frames(hasher, &batch));
        let (to, algorithm, is_kept) = (Arc::clone(&self.to), self.algorithm, self.is_kept);
        let written = spawn_blocking(move || {
            let mut part = match state.part(&*to, algorithm) {
                Ok(part) => part,
                Err(error) => return (None, Err(error)),
            };
            let saved = saved.map_or(Ok(()), |saved| part.save(&saved));
            let written = saved.and_then(|()| part.write(&batch));
            // A partial file to keep was written in order, so all of it can be resumed from.
            if written.is_err() && !is_kept {
                part.file.remove_on_drop();
            }
            (Some(part), written)
        });
        self.state = State::Writing(Box::new(future::join(written, hashed.into())));
        Ok(())
    }
}

#[async_trait]
impl Staged for BlobWriter {
    fn len(&self) -> u64 {
        self.there.prefix()
    }

    fn holes(&self) -> Vec<Range<u64>> {
        self.there.holes()
    }

    async fn append(&mut self, bytes: Bytes) -> Result<()> {
        self.write_at(self.len(), bytes).await
    }

    async fn write_at(&mut self, offset: u64, bytes: Bytes) -> Result<()> {
        if self.is_kept && offset != self.len() {
            return Err(Error::unsupported(
                "writing out of order what is kept for the next run",
            ));
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.there
            .insert(offset..offset.saturating_add(bytes.len() as u64));
        self.batched += bytes.len();
        self.batch.push((offset, bytes));
        if self.batched >= BATCH_BYTES || self.batch.len() >= BATCH_FRAMES {
            self.write_batch().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        if !self.batch.is_empty() {
            self.write_batch().await?;
        }
        self.settle().await
    }

    async fn discard(mut self: Box<Self>) {
        // Whatever the result of the last batch, the file is removed.
        let _ = self.settle().await;
        let shared = Arc::clone(&self.to);
        let removed = run(&shared, move |_| {
            self.state.remove();
            Ok(())
        });
        let _ = removed.await;
    }

    async fn commit(mut self: Box<Self>, expected: &Descriptor) -> Result<Pushed> {
        self.settle().await?;
        if self.there.prefix() != expected.size || self.there.end() != expected.size {
            return Err(self.wrong_size(expected));
        }
        let (this, expected) = (*self, expected.clone());
        let shared = Arc::clone(&this.to);
        run(&shared, move |to| {
            let mut part = this.state.part(to, this.algorithm)?;
            part.write(&this.batch)?;
            // From here on the file becomes the blob, or is removed.
            part.file.remove_on_drop();
            part.commit(to, &expected, this.force)
        })
        .await
    }
}

fn hash_frames(mut hasher: Hasher, frames: &Arc<Vec<Frame>>) -> JoinHandle<Hasher> {
    let frames = Arc::clone(frames);
    spawn_blocking(move || {
        frames.iter().for_each(|(_, frame)| hasher.update(frame));
        hasher
    })
}
