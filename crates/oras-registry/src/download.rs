//! Downloads of blobs and manifests, resumed after connections broke.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use http::StatusCode;
use oras_content::{Descriptor, Error, ErrorSubject, Result, VerifyError};
use oras_transport::{Error as TransportError, Response, Transient};

use crate::Repository;
use crate::error::from_transport;

/// Maximum number of resumptions without progress.
const MAX_RESUMES: u32 = 5;

/// Number of timeouts without progress after which the server is abandoned.
const MAX_SILENCES: u32 = 2;

/// The number of bytes that counts as progress.
const PROGRESS: u64 = 1024 * 1024;

pub(crate) struct Download {
    repository: Repository,
    /// For a mirror, the other endpoints that have the content, in order.
    fallback_endpoints: Arc<[Repository]>,
    target: Descriptor,
    /// The range still to come.
    left: Range<u64>,
    /// Whether all of the content was requested. Excess bytes are then passed on, so that verification notices them.
    is_whole: bool,
    body: BoxStream<'static, Result<Bytes, TransportError>>,
    /// Bytes of the response before `left`, to be skipped.
    skip: u64,
    resumes: u32,
    silences: u32,
    /// The offset at the last progress.
    best: u64,
    /// How many of the servers in `behind` were tried.
    servers: usize,
}

/// Why a response ended early.
enum EarlyEnd {
    Ended,
    Failed(TransportError),
}

impl EarlyEnd {
    fn is_silence(&self) -> bool {
        matches!(self, Self::Failed(error) if error.is_silence())
    }

    fn into_error(self, download: &Download, what: &ErrorSubject) -> Error {
        match self {
            Self::Failed(error) => from_transport(error, what),
            Self::Ended => {
                let source = VerifyError::Size {
                    expected: download.target.size,
                    actual: download.left.start,
                };
                Error::verify(what, source)
            }
        }
    }
}

impl Download {
    /// Reads the bytes `range` of `target` from `response`.
    pub(crate) fn new(
        repository: Repository,
        target: Descriptor,
        range: Range<u64>,
        response: Response,
    ) -> Self {
        let mut download = Self::unasked(repository, target, range);
        download.take(response);
        download
    }

    /// Requests the bytes `range` of `target`. If a mirror fails, the next server is asked.
    pub(crate) async fn open(repository: Repository, target: Descriptor, range: Range<u64>) -> Result<Self> {
        let mut download = Self::unasked(repository, target, range);
        if let Err(error) = download.ask().await {
            download.try_next_endpoint(error).await?;
        }
        Ok(download)
    }

    fn unasked(repository: Repository, target: Descriptor, range: Range<u64>) -> Self {
        Self {
            fallback_endpoints: Arc::clone(&repository.fallback_endpoints),
            repository,
            best: range.start,
            is_whole: range == (0..target.size),
            target,
            left: range,
            body: stream::empty().boxed(),
            skip: 0,
            resumes: 0,
            silences: 0,
            servers: 0,
        }
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
            // A registry that does not support ranges sends everything up to the end of the content.
            if self.left.is_empty() && !self.is_whole {
                return Ok(None);
            }
            match self.body.next().await {
                Some(Ok(frame)) => {
                    if let Some(frame) = self.wanted(frame) {
                        return Ok(Some(frame));
                    }
                }
                // A connection that breaks after the last byte does no harm.
                Some(Err(error)) if error.is_transient() && self.left.is_empty() => return Ok(None),
                Some(Err(error)) if error.is_transient() => self.resume(EarlyEnd::Failed(error)).await?,
                Some(Err(error)) => {
                    return Err(from_transport(error, &self.repository.describe(&self.target)));
                }
                None if self.left.is_empty() => return Ok(None),
                // A partial response may be shorter than requested, and a connection may end without an error.
                None => self.resume(EarlyEnd::Ended).await?,
            }
        }
    }

    /// The part of `frame` inside the requested range.
    fn wanted(&mut self, mut frame: Bytes) -> Option<Bytes> {
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(frame.len());
        self.skip -= skipped as u64;
        frame = frame.split_off(skipped);
        if !self.is_whole {
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

    /// Requests the bytes still to come.
    async fn resume(&mut self, end: EarlyEnd) -> Result<()> {
        let what = self.repository.describe(&self.target);
        if self.left.start.saturating_sub(self.best) >= PROGRESS {
            (self.best, self.resumes, self.silences) = (self.left.start, 0, 0);
        }
        self.silences += u32::from(end.is_silence());
        if self.resumes == MAX_RESUMES || self.silences == MAX_SILENCES || self.left.is_empty() {
            let error = end.into_error(self, &what);
            return self.try_next_endpoint(error).await;
        }
        self.resumes += 1;
        tracing::debug!(%what, at = self.left.start, "taking the download up again");
        self.body = stream::empty().boxed();
        tokio::time::sleep(Duration::from_millis(100) * self.resumes).await;

        match self.ask().await {
            Ok(()) => Ok(()),
            Err(error) => self.try_next_endpoint(error).await,
        }
    }

    async fn ask(&mut self) -> Result<()> {
        let (start, end) = (self.left.start, self.left.end);
        let response = match self.target.is_manifest() {
            true => self.repository.ask_manifest(&self.target).await?,
            false => self.repository.get_blob(&self.target, start, end).await?,
        };
        self.take(response);
        Ok(())
    }

    /// Continues at the next server after a mirror failed with `error`.
    async fn try_next_endpoint(&mut self, mut error: Error) -> Result<()> {
        while let Some(next) = self
            .fallback_endpoints
            .get(self.servers)
            .filter(|_| !self.left.is_empty())
        {
            tracing::debug!(mirror = %self.repository, %error, "asking the next endpoint for the rest");
            self.repository.learnt.pass_over();
            self.repository = next.clone();
            self.servers += 1;
            (self.best, self.resumes, self.silences) = (self.left.start, 0, 0);
            match self.ask().await {
                Ok(()) => return Ok(()),
                Err(next) => error = next,
            }
        }
        Err(error)
    }
}
