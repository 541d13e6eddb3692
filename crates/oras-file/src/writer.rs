//! Content on its way into a file: verified while it is written.

use std::io::Write;

use bytes::Bytes;
use futures_util::TryStreamExt;
use oras_content::{Content, Descriptor, Error, Result, Verifier};
use tokio::task::spawn_blocking;

use crate::place::Place;
use crate::reader::finished;
use crate::temp::Temp;

/// How many bytes, and how many frames, are written at a time.
const BATCH_BYTES: usize = 512 * 1024;
const BATCH_FRAMES: usize = 1024;

/// Writes the content of `expected` to a file beside `place`, and gives it back when all of it is there and verified.
///
/// While one batch is hashed and written, the next is collected.
pub(crate) async fn write(place: Place, expected: &Descriptor, mut body: Content) -> Result<(Place, Temp)> {
    let part = Part::new(place, expected)?;
    let mut job = spawn_blocking(move || part.start());
    loop {
        let batch = next_batch(&mut body).await;
        let part = finished(job.await)?;
        let batch = batch?;
        if batch.is_empty() {
            return finished(spawn_blocking(move || part.finish()).await);
        }
        job = spawn_blocking(move || part.write(&batch));
    }
}

/// The next frames; none at the end.
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

struct Part {
    place: Place,
    what: String,
    verifier: Verifier,
    file: Option<Temp>,
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
        })
    }

    fn start(mut self) -> Result<Box<Self>> {
        self.file = Some(self.place.temp()?);
        Ok(Box::new(self))
    }

    fn write(mut self: Box<Self>, batch: &[Bytes]) -> Result<Box<Self>> {
        let file = self.file.as_mut().expect("the file was created at the start");
        for frame in batch {
            self.verifier
                .update(frame)
                .map_err(|source| Error::verify(&self.what, source))?;
            file.write_all(frame)
                .map_err(|error| Error::storage(self.place.shown().display(), error))?;
        }
        Ok(self)
    }

    fn finish(self: Box<Self>) -> Result<(Place, Temp)> {
        let this = *self;
        this.verifier
            .finish()
            .map_err(|source| Error::verify(&this.what, source))?;
        Ok((this.place, this.file.expect("the file was created at the start")))
    }
}
