//! A download: the bytes of a blob, taken up again where a connection broke.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use http::StatusCode;
use oras_content::{Descriptor, Result};
use oras_transport::{Error as TransportError, Response};

use crate::Repository;
use crate::answer;
use crate::error::{from_transport, protocol};

/// How often a download is taken up again without getting anywhere.
const MAX_RESUMES: u32 = 5;

/// What counts as getting somewhere.
const PROGRESS: u64 = 1024 * 1024;

pub(crate) struct Download {
    repository: Repository,
    target: Descriptor,
    /// What is still to come.
    left: Range<u64>,
    body: BoxStream<'static, Result<Bytes, TransportError>>,
    /// Bytes of the answer before what is still to come.
    skip: u64,
    resumes: u32,
    resumed_at: u64,
}

impl Download {
    /// The bytes `range` of `target`, of which `response` is the answer.
    pub(crate) fn new(
        repository: Repository,
        target: Descriptor,
        range: Range<u64>,
        response: Response,
    ) -> Self {
        let mut download = Self {
            repository,
            target,
            resumed_at: range.start,
            left: range,
            body: stream::empty().boxed(),
            skip: 0,
            resumes: 0,
        };
        download.take(response);
        download
    }

    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        stream::try_unfold(self, |mut download| async move {
            let frame = download.next().await?;
            Ok(frame.map(|frame| (frame, download)))
        })
    }

    fn take(&mut self, response: Response) {
        self.skip = match response.status() {
            StatusCode::OK => self.left.start,
            _ => 0,
        };
        self.body = response.into_body().into_stream();
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            match self.body.next().await {
                Some(Ok(frame)) => {
                    if let Some(frame) = self.wanted(frame) {
                        return Ok(Some(frame));
                    }
                }
                Some(Err(error)) if error.is_transient() => self.resume(error).await?,
                Some(Err(error)) => {
                    return Err(from_transport(error, &self.repository.describe(&self.target)));
                }
                // An end that comes too early is told by whoever verifies the content.
                None => return Ok(None),
            }
        }
    }

    /// What of `frame` was asked for.
    fn wanted(&mut self, mut frame: Bytes) -> Option<Bytes> {
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(frame.len());
        self.skip -= skipped as u64;
        frame = frame.split_off(skipped);
        let is_part = self.left.end < self.target.size;
        if is_part {
            let left = self.left.end - self.left.start;
            frame.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        }
        self.left.start = self
            .left
            .start
            .saturating_add(frame.len() as u64)
            .min(self.left.end);
        (!frame.is_empty()).then_some(frame)
    }

    /// Asks for what is still to come.
    async fn resume(&mut self, error: TransportError) -> Result<()> {
        let what = self.repository.describe(&self.target);
        if self.left.start.saturating_sub(self.resumed_at) >= PROGRESS {
            self.resumes = 0;
        }
        if self.resumes == MAX_RESUMES || self.left.is_empty() {
            return Err(from_transport(error, &what));
        }
        self.resumes += 1;
        self.resumed_at = self.left.start;
        tracing::debug!(%what, at = self.left.start, %error, "taking the download up again");
        self.body = stream::empty().boxed();
        tokio::time::sleep(Duration::from_millis(100) * self.resumes).await;

        let (start, end) = (self.left.start, self.left.end);
        let response = self.repository.get_blob(&self.target, start, end).await?;
        let is_partial = response.status() == StatusCode::PARTIAL_CONTENT;
        if is_partial && answer::range_start(response.headers()) != Some(start) {
            return Err(protocol(
                what,
                "the registry answers with another range than asked for",
            ));
        }
        self.take(response);
        Ok(())
    }
}
