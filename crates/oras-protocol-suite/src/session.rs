//! Upload sessions.

use bytes::Bytes;
use oras_content::Digest;

use crate::answer::Answer;
use crate::case::Checked;
use crate::trial::Trial;

/// An open upload, at its most recent location.
pub(crate) struct Session<'a> {
    trial: &'a Trial,
    pub(crate) address: String,
}

impl<'a> Session<'a> {
    /// Opens an upload to the repository of the trial.
    pub(crate) async fn open(trial: &'a Trial) -> Checked<Self> {
        Self::open_in(trial, &trial.repository, "").await
    }

    /// Opens an upload to a repository, with a query.
    pub(crate) async fn open_in(trial: &'a Trial, repository: &str, query: &str) -> Checked<Self> {
        let path = format!("/v2/{repository}/blobs/uploads/{query}");
        let answer = trial
            .request("POST", path)
            .header("content-length", "0")
            .send()
            .await?;
        Self::of(trial, &answer.expect(202)?)
    }

    /// Returns the upload that a response opened.
    pub(crate) fn of(trial: &'a Trial, answer: &Answer) -> Checked<Self> {
        Ok(Self {
            trial,
            address: answer.location()?,
        })
    }

    /// Updates the location from a response.
    pub(crate) fn moved(&mut self, answer: &Answer) -> Checked {
        if answer.header("location").is_some() {
            self.address = answer.location()?;
        }
        Ok(())
    }

    /// Returns the address that ends the upload.
    pub(crate) fn closing(&self, digest: impl std::fmt::Display) -> String {
        let separator = if self.address.contains('?') { '&' } else { '?' };
        format!("{}{separator}digest={digest}", self.address)
    }

    /// Sends the next bytes, which start at offset `first` of the blob.
    pub(crate) async fn patch(&self, first: usize, bytes: Bytes) -> Checked<Answer> {
        self.trial
            .request("PATCH", &self.address)
            .header("content-type", "application/octet-stream")
            .header("content-range", range(first, &bytes))
            .body(bytes)
            .send()
            .await
    }

    /// Sends the next bytes, which the registry must accept.
    pub(crate) async fn take(&mut self, first: usize, bytes: Bytes) -> Checked<Answer> {
        let end = first + bytes.len();
        let answer = self.patch(first, bytes).await?.expect(202)?;
        answer.check(
            is_progress(answer.header("range"), end),
            format!("Range: 0-{}", end - 1),
        )?;
        answer.location()?;
        self.moved(&answer)?;
        Ok(answer)
    }

    /// Sends the rest and ends the upload.
    pub(crate) async fn put(&self, digest: &Digest, bytes: Bytes) -> Checked<Answer> {
        self.trial
            .request("PUT", self.closing(digest))
            .header("content-type", "application/octet-stream")
            .body(bytes)
            .send()
            .await
    }

    /// Sends the last chunk and ends the upload.
    pub(crate) async fn put_chunk(&self, digest: &Digest, first: usize, bytes: Bytes) -> Checked<Answer> {
        self.trial
            .request("PUT", self.closing(digest))
            .header("content-type", "application/octet-stream")
            .header("content-range", range(first, &bytes))
            .body(bytes)
            .send()
            .await
    }

    /// Requests the status of the upload.
    pub(crate) async fn status(&self) -> Checked<Answer> {
        self.trial.get(&self.address).await
    }
}

/// Returns the `Content-Range` of a chunk.
pub(crate) fn range(first: usize, bytes: &Bytes) -> String {
    format!("{first}-{}", (first + bytes.len()).saturating_sub(1))
}

/// Whether a `Range` reports the first `len` bytes. Registries differ in whether they name the unit.
pub(crate) fn is_progress(header: Option<&str>, len: usize) -> bool {
    let range = header.map(|value| value.strip_prefix("bytes=").unwrap_or(value));
    range.is_some_and(|range| range == format!("0-{}", len.saturating_sub(1)))
}
