//! Stores content whose descriptor is known.

use std::sync::Arc;

use oras_content::{Descriptor, Error, ErrorKind, Payload, Pushed, Result, Staged, VerifyError};

use super::{BlobWriter, kept};
use crate::destination::Destination;

impl BlobWriter {
    /// Stores the content of `expected`. `force` replaces existing content.
    ///
    /// If large content is interrupted, because the connection to its source breaks or the program ends, the partial
    /// file is kept for the next time.
    pub(crate) async fn store(
        to: Arc<dyn Destination>,
        expected: &Descriptor,
        payload: Payload,
        force: bool,
    ) -> Result<Pushed> {
        let algorithm = expected.digest.algorithm().ok_or_else(|| {
            let digest = expected.digest.clone();
            Error::verify(&expected.digest, VerifyError::Algorithm { digest })
        })?;
        let mut found = None;
        if expected.size >= oras_fs::MIN_PART_SIZE && payload.is_replayable() {
            found = kept::claim(&to, expected, algorithm).await;
        }
        let start = || Box::new(Self::new(Arc::clone(&to), algorithm));
        let writer = found.unwrap_or_else(start);
        let is_resumed = writer.len() > 0;
        let stored = writer.take(expected, &payload, force).await;
        match stored {
            // The partial file was damaged. Start over.
            Err(error) if is_resumed && *error.kind() == ErrorKind::Verify => {
                start().take(expected, &payload, force).await
            }
            stored => stored,
        }
    }

    /// Writes the bytes of `expected` that are missing, and commits it.
    async fn take(
        mut self: Box<Self>,
        expected: &Descriptor,
        payload: &Payload,
        force: bool,
    ) -> Result<Pushed> {
        self.force = force;
        let filled = match payload.open(self.len()..).await {
            Ok(frames) => self.fill(frames, expected).await,
            Err(error) => Err(error),
        };
        match filled {
            Ok(()) if self.len() == expected.size => self.commit(expected).await,
            Ok(()) => {
                let error = self.wrong_size(expected);
                self.discard().await;
                Err(error)
            }
            Err(error) if self.is_kept && error.is_transient() => {
                // If this fails, the next run fetches those bytes again.
                let _ = self.flush().await;
                Err(error)
            }
            Err(error) => {
                self.discard().await;
                Err(error)
            }
        }
    }
}
