//! Checks of a layout for damaged, missing and foreign content.

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

/// The size of one read.
const FRAME: usize = 256 * 1024;

impl LayoutStore {
    /// Looks for damaged, missing and foreign content. Nothing is written.
    ///
    /// Blobs are read a few at a time, see [`CheckOptions::concurrency`], in pieces of 256 KiB. Content that others
    /// write or remove during the check may be reported as missing or unreferenced. If the future is dropped, the check
    /// stops between two pieces.
    ///
    /// Spec: image-spec v1.1, `image-layout.md`.
    ///
    /// # Errors
    ///
    /// Problems are reported, not returned as errors. The check fails if `index.json` cannot be read, as in
    /// [`open`](Self::open), or if a folder cannot be listed.
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

    /// Hashes a blob. Returns it with the error found, if any.
    async fn hash(&self, blob: Descriptor, stop: Stop) -> Result<(Descriptor, Option<Error>)> {
        self.run(move |layout| {
            let found = hash(layout.blobs(), &blob, &stop).err();
            stop.check(layout.root())?;
            // Another process removed it during the check.
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
