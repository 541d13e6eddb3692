//! Parallel ranges: reads a large blob by concurrent requests, if that proves faster.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, FuturesOrdered};
use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt};
use http::StatusCode;
use oras_content::{Descriptor, Error, ErrorKind, Result};
use oras_transport::Response;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use crate::Repository;
use crate::download::Download;

/// The size of one segment: 8 MiB.
pub(crate) const SEGMENT: u64 = 8 * 1024 * 1024;

/// Minimum size of a read for which concurrent requests are tried: 64 MiB.
const LEAST: u64 = 8 * SEGMENT;

/// Maximum number of segments that all downloads of a client hold in memory.
pub(crate) const MAX_SEGMENTS: usize = 4;

/// The factor by which two requests must be faster than one.
const GAIN: f64 = 1.3;

/// A download in segments. One request reads the first segment, and two concurrent requests the next two. The rest is
/// read in the faster way. The bytes are yielded in order, so that they can be hashed as those of one response.
pub(crate) struct Parallel {
    repository: Repository,
    target: Descriptor,
    /// The range that is not requested yet.
    left: Range<u64>,
    /// The offset of the next byte to yield.
    at: u64,
    reading: Frames,
    /// Held while the current segment is yielded.
    permit: Option<OwnedSemaphorePermit>,
    ahead: FuturesOrdered<BoxFuture<'static, Result<Segment>>>,
    stage: Stage,
    clock: Clock,
}

type Frames = BoxStream<'static, Result<Bytes>>;

/// The bytes of one request, and the permit to hold them in memory.
struct Segment {
    frames: Vec<Bytes>,
    permit: OwnedSemaphorePermit,
}

/// How many concurrent requests are made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    One,
    /// Two, to measure whether they are faster than one.
    Two,
    Many,
    /// One for the whole remainder.
    Rest,
}

/// Measures the throughput of the current stage.
struct Clock {
    since: Instant,
    bytes: u64,
    /// The rate of the stage before, in bytes per second.
    before: f64,
}

impl Clock {
    fn start() -> Self {
        Self {
            since: Instant::now(),
            bytes: 0,
            before: 0.0,
        }
    }

    /// The bytes per second since the last call.
    fn lap(&mut self) -> f64 {
        let rate = self.bytes as f64 / self.since.elapsed().as_secs_f64();
        (self.since, self.bytes) = (Instant::now(), 0);
        rate
    }
}

/// The range to ask for in the first request.
pub(crate) fn first(repository: &Repository, range: &Range<u64>) -> Range<u64> {
    let is_worth_it = range.end - range.start >= LEAST && repository.core.options.parallel_ranges > 1;
    match is_worth_it {
        true => range.start..range.start + SEGMENT,
        false => range.clone(),
    }
}

/// Whether a registry that refused the first segment with `error` may serve the whole range.
pub(crate) fn may_be_the_range(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Rejected | ErrorKind::Unsupported | ErrorKind::Protocol
    )
}

impl Parallel {
    /// Reads the bytes `range` of `target`. `response` has the first segment.
    pub(crate) fn new(
        repository: Repository,
        target: Descriptor,
        range: Range<u64>,
        response: Response,
    ) -> Self {
        let first = range.start..range.start + SEGMENT;
        let download = Download::new(repository.clone(), target.clone(), first.clone(), response);
        Self {
            repository,
            target,
            left: first.end..range.end,
            at: range.start,
            reading: download.into_stream().boxed(),
            permit: None,
            ahead: FuturesOrdered::new(),
            stage: Stage::One,
            clock: Clock::start(),
        }
    }

    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        stream::try_unfold(self, |mut parallel| async move {
            let frame = parallel.next().await?;
            Ok(frame.map(|frame| (frame, parallel)))
        })
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            if let Some(frame) = self.reading.try_next().await? {
                self.at += frame.len() as u64;
                self.clock.bytes += frame.len() as u64;
                return Ok(Some(frame));
            }
            self.permit = None;
            if !self.read_on().await? {
                return Ok(None);
            }
        }
    }

    /// Moves to the next segment, or to the remainder. Returns `false` at the end.
    async fn read_on(&mut self) -> Result<bool> {
        if let Some(segment) = self.ahead.next().await {
            self.take(segment);
            return Ok(true);
        }
        if self.left.is_empty() {
            return Ok(false);
        }
        self.stage = self.next_stage();
        match self.stage {
            Stage::Rest => self.reading = self.rest().await?,
            _ => self.ask_ahead(),
        }
        Ok(true)
    }

    /// The stage after the current one.
    fn next_stage(&mut self) -> Stage {
        let rate = self.clock.lap();
        let is_faster = rate >= self.clock.before * GAIN;
        self.clock.before = rate;
        match self.stage {
            Stage::One => Stage::Two,
            Stage::Two if is_faster => Stage::Many,
            Stage::Many => Stage::Many,
            Stage::Two | Stage::Rest => Stage::Rest,
        }
    }

    fn take(&mut self, segment: Result<Segment>) {
        match segment {
            Ok(Segment { frames, permit }) => {
                self.reading = stream::iter(frames.into_iter().map(Ok)).boxed();
                self.permit = Some(permit);
                if self.stage == Stage::Many {
                    self.ask_ahead();
                }
            }
            Err(error) => {
                tracing::debug!(digest = %self.target.digest, %error, "reading the blob by one request again");
                self.give_up();
            }
        }
    }

    /// Starts as many requests as the stage allows.
    fn ask_ahead(&mut self) {
        let width = match self.stage {
            Stage::Two => 2,
            _ => usize::from(self.repository.core.options.parallel_ranges),
        };
        while self.ahead.len() < width && !self.left.is_empty() {
            let permits = Arc::clone(&self.repository.core.client.segments);
            let Ok(permit) = permits.try_acquire_owned() else {
                break;
            };
            let end = self.left.end.min(self.left.start + SEGMENT);
            let range = self.left.start..end;
            self.left.start = end;
            let segment = segment(self.repository.clone(), self.target.clone(), range, permit);
            self.ahead.push_back(segment.boxed());
        }
        if self.ahead.is_empty() && self.permit.is_none() {
            // Other downloads use the connections.
            self.give_up();
        }
    }

    /// Reads the bytes that were not yielded yet by one request.
    fn give_up(&mut self) {
        self.ahead = FuturesOrdered::new();
        self.left.start = self.at;
        self.stage = Stage::Rest;
    }

    async fn rest(&mut self) -> Result<Frames> {
        let range = std::mem::replace(&mut self.left, 0..0);
        let download = Download::open(self.repository.clone(), self.target.clone(), range).await?;
        Ok(download.into_stream().boxed())
    }
}

async fn segment(
    repository: Repository,
    target: Descriptor,
    range: Range<u64>,
    permit: OwnedSemaphorePermit,
) -> Result<Segment> {
    let response = repository.get_blob(&target, range.start, range.end).await?;
    if response.status() != StatusCode::PARTIAL_CONTENT {
        let what = repository.describe(&target);
        return Err(Error::protocol(
            what,
            "the registry does not answer with a part again",
        ));
    }
    let download = Download::new(repository, target, range, response);
    let frames = download.into_stream().try_collect().await?;
    Ok(Segment { frames, permit })
}
