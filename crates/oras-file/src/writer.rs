//! Writing content to files and verifying it on the way.

use std::io::{Seek, SeekFrom, Write};

use bytes::Bytes;
use futures_util::TryStreamExt;
use oras_content::{Content, Descriptor, Error, Payload, Result, Verifier};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::place::Place;
use crate::reader::{blocking, feed, finished};
use crate::temp::Temp;

/// Upper bounds on a batch of writes, in bytes and frames.
const BATCH_BYTES: usize = 512 * 1024;
const BATCH_FRAMES: usize = 1024;

/// Writes content to a temporary file next to `place`. Returns the file once it is complete and verified.
pub(crate) async fn write(place: Place, expected: &Descriptor, body: Content) -> Result<(Place, Temp)> {
    let part = Part::new(place, expected)?;
    fill(spawn_blocking(move || part.start()), body).await
}

/// Opens the part file for the content, with the bytes an earlier run left; or else a temporary file.
pub(crate) async fn claim(place: Place, expected: &Descriptor) -> Result<Box<Part>> {
    let (part, expected) = (Part::new(place, expected)?, expected.clone());
    blocking(move || part.claim(&expected)).await
}

/// Writes the rest of the content to a claimed file. Returns the file once it is complete and verified.
pub(crate) async fn resume(part: Box<Part>, payload: &Payload) -> Result<(Place, Temp)> {
    match payload.open(part.len..).await {
        Ok(body) => fill(spawn_blocking(|| Ok(part)), body).await,
        Err(error) if part.len > 0 && error.is_transient() => Err(error),
        Err(error) => discard(part, error).await,
    }
}

/// Removes a file that cannot be resumed.
async fn discard(part: Box<Part>, error: Error) -> Result<(Place, Temp)> {
    blocking(move || {
        part.remove();
        Err(error)
    })
    .await
}

/// Collects the next batch while the current one is hashed and written.
async fn fill(mut job: JoinHandle<Result<Box<Part>>>, mut body: Content) -> Result<(Place, Temp)> {
    loop {
        let batch = next_batch(&mut body).await;
        let part = finished(job.await)?;
        match batch {
            Ok(batch) if batch.is_empty() => return blocking(move || part.finish()).await,
            Ok(batch) => job = spawn_blocking(move || part.write(&batch)),
            // Only after a transient error is it worth resuming.
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => return discard(part, error).await,
        }
    }
}

/// Returns the next batch of frames, empty at the end.
async fn next_batch(body: &mut Content) -> Result<Vec<Bytes>> {
    let mut batch = Vec::new();
    let mut len = 0;
    while len < BATCH_BYTES && batch.len() < BATCH_FRAMES {
        match body.try_next().await? {
            Some(frame) if frame.is_empty() => {}
            Some(frame) => {
                len += frame.len();
                batch.push(frame);
            }
            None => break,
        }
    }
    Ok(batch)
}

pub(crate) struct Part {
    place: Place,
    what: String,
    verifier: Verifier,
    file: Option<Temp>,
    /// Number of bytes an earlier run left.
    len: u64,
}

impl Part {
    fn new(place: Place, expected: &Descriptor) -> Result<Self> {
        let what = expected.digest.to_string();
        let verifier = Verifier::new(expected).map_err(|source| Error::verify(&what, source))?;
        Ok(Self {
            place,
            what,
            verifier,
            file: None,
            len: 0,
        })
    }

    /// Returns the number of bytes an earlier run left.
    pub(crate) fn left(&self) -> u64 {
        self.len
    }

    fn start(mut self) -> Result<Box<Self>> {
        self.file = Some(self.place.temp()?);
        Ok(Box::new(self))
    }

    fn claim(mut self, expected: &Descriptor) -> Result<Box<Self>> {
        let Some(mut file) = self.place.part(expected) else {
            return self.start();
        };
        if let Some(verifier) = saved(&mut file, expected) {
            self.verifier = verifier;
        }
        let (left, known) = (file.file(), SeekFrom::Start(self.verifier.seen()));
        let fed = left.seek(known).and_then(|_| feed(left, &mut self.verifier));
        let fed = fed.map_err(|error| Error::storage(self.place.shown().display(), error))?;
        fed.map_err(|source| Error::verify(&self.what, source))?;
        self.len = self.verifier.seen();
        self.file = Some(file);
        Ok(Box::new(self))
    }

    fn write(mut self: Box<Self>, batch: &[Bytes]) -> Result<Box<Self>> {
        match self.append(batch) {
            Ok(()) => Ok(self),
            Err(error) => {
                self.remove();
                Err(error)
            }
        }
    }

    fn append(&mut self, batch: &[Bytes]) -> Result<()> {
        let file = self.file.as_mut().expect("the file was created at the start");
        save(file, &self.verifier)
            .map_err(|error| Error::storage(self.place.shown().display(), error.about(self.place.shown())))?;
        for frame in batch {
            self.verifier
                .update(frame)
                .map_err(|source| Error::verify(&self.what, source))?;
            file.write_all(frame)
                .map_err(|error| Error::storage(self.place.shown().display(), error))?;
        }
        file.mark_written();
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(Place, Temp)> {
        let this = *self;
        let mut file = this.file.expect("the file was created at the start");
        // From here on, the file is either committed or removed.
        file.remove_on_drop();
        this.verifier
            .finish()
            .map_err(|source| Error::verify(&this.what, source))?;
        Ok((this.place, file))
    }

    fn remove(self: Box<Self>) {
        if let Some(mut file) = self.file {
            file.remove_on_drop();
        }
    }
}

/// Saves the state of the verification for the next run, if enough bytes were written since the last time.
fn save(file: &mut Temp, verifier: &Verifier) -> std::result::Result<(), oras_fs::Error> {
    let seen = verifier.seen();
    if !file.wants_state(seen) {
        return Ok(());
    }
    verifier
        .save()
        .map_or(Ok(()), |state| file.save_state(seen, &state))
}

/// Restores the verification of an earlier run.
fn saved(file: &mut Temp, expected: &Descriptor) -> Option<Verifier> {
    let saved = file.saved_state()?;
    let verifier = Verifier::restore(expected, &saved.bytes)?;
    (verifier.seen() == saved.offset).then_some(verifier)
}
