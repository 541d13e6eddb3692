//! Checks: whether everything is there, and is what it should be.

mod files;
mod options;
mod report;
mod survey;

use std::io::Read;

use futures_util::{StreamExt, TryStreamExt, stream};
use oras_content::{Descriptor, Error, Result, Verifier};

pub use options::CheckOptions;
pub use report::{CheckReport, NamedBy, Problem};

use crate::LayoutStore;
use crate::blobs::Blobs;
use crate::stop::{Stop, StopOnDrop};
use survey::Survey;

/// How much is read at a time.
const FRAME: usize = 256 * 1024;

impl LayoutStore {
    /// Looks for what is damaged, missing or strange. Nothing is written.
    ///
    /// Blobs are read a few at a time, [`CheckOptions::concurrency`], in pieces of 256 KiB. What others write or remove
    /// meanwhile may show as missing or unreferenced. A future that is dropped stops between two pieces.
    ///
    /// Spec: image-spec v1.1, `image-layout.md`.
    ///
    /// # Errors
    ///
    /// What is found is no error. These are: `index.json` cannot be read, as in [`open`](Self::open), or a folder cannot
    /// be listed.
    ///
    /// # Example
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oras_content::Error> {
    /// use oras_layout::{CheckOptions, LayoutStore};
    ///
    /// let dir = tempfile::tempdir().unwrap();
    /// let store = LayoutStore::create(dir.path()).await?;
    /// let report = store.check(CheckOptions::default()).await?;
    /// for problem in &report.problems {
    ///     println!("{problem}");
    /// }
    /// assert!(report.is_sound());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check(&self, opts: CheckOptions) -> Result<CheckReport> {
        let stop = StopOnDrop::default();
        let asked = stop.stop();
        let mut survey = self.run(move |layout| Survey::new(layout, &asked)).await?;
        let unread = match opts.hashing {
            true => survey.unread(),
            false => Vec::new(),
        };
        let mut hashed = stream::iter(unread)
            .map(|blob| self.hash(blob, stop.stop()))
            .buffer_unordered(opts.concurrency.max(1));
        while let Some((blob, found)) = hashed.try_next().await? {
            if let Some(error) = found {
                survey.damage(blob, error);
            }
        }
        drop(hashed);
        Ok(survey.report())
    }

    /// A blob, and what is wrong with it.
    async fn hash(&self, blob: Descriptor, stop: Stop) -> Result<(Descriptor, Option<Error>)> {
        self.run(move |layout| {
            let found = hash(layout.blobs(), &blob, &stop).err();
            stop.check(layout.root())?;
            // It was removed meanwhile, by somebody who may.
            let found = found.filter(|error| !error.is_not_found());
            Ok((blob, found))
        })
        .await
    }
}

/// Compares a blob with its digest.
fn hash(blobs: &Blobs, blob: &Descriptor, stop: &Stop) -> Result<()> {
    let invalid = |source| Error::verify(&blob.digest, source);
    let mut file = blobs.open(blob)?;
    let mut verifier = Verifier::new(blob).map_err(invalid)?;
    let mut buffer = vec![0; FRAME];
    loop {
        stop.check(blobs.dir())?;
        match file.read(&mut buffer) {
            Ok(0) => return verifier.finish().map_err(invalid),
            Ok(read) => verifier.update(&buffer[..read]).map_err(invalid)?,
            Err(error) => return Err(Error::storage(&blob.digest, error)),
        }
    }
}
