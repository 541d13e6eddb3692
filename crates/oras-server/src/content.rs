//! Content in responses: whole, one range, or several ranges.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use hyper::StatusCode;
use hyper::header::{ACCEPT_RANGES, CONTENT_RANGE, CONTENT_TYPE, HeaderValue, IF_RANGE, RANGE};
use oras_content::{
    Content, Descriptor, Error, ErrorKind, OpenOptions, Result as StoreResult, Store, StoreExt,
};

use crate::answer::{Answer, etag};
use crate::body::Body;
use crate::call::Call;
use crate::error::{Code, Failure, Result};
use crate::precondition::check_read;
use crate::range::Wanted;
use crate::registry::Handled;

/// Content to send, with the media type of the response.
pub(crate) struct Download<'a> {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) content: Descriptor,
    pub(crate) media_type: &'a str,
    /// The code if the store resolves the content but lacks its bytes.
    pub(crate) missing: Code,
}

impl Download<'_> {
    /// Answers a `GET` or `HEAD`. Ranges work for manifests as for blobs.
    ///
    /// Spec: RFC 9110, section 14. A `HEAD` has the same headers as a `GET`, including those of ranges.
    pub(crate) async fn answer(self, call: &Call) -> Handled {
        if let Some(not_modified) = check_read(call, &self.content)? {
            return Ok(not_modified);
        }
        match self.wanted(call) {
            Wanted::Whole => self.whole(call).await,
            Wanted::Part(bytes) => self.part(call, bytes).await,
            Wanted::Parts(ranges) => self.parts(call, ranges).await,
            Wanted::Unsatisfiable => Err(self.unsatisfiable()),
        }
    }

    /// Returns the ranges of the `Range` header, unless `If-Range` names other content.
    fn wanted(&self, call: &Call) -> Wanted {
        match (call.header(RANGE), call.header(IF_RANGE)) {
            (None, _) => Wanted::Whole,
            (_, Some(tag)) if tag != etag(&self.content.digest) => Wanted::Whole,
            (Some(range), _) => Wanted::parse(range, self.content.size),
        }
    }

    async fn whole(self, call: &Call) -> Handled {
        let body = self.body(call, None).await?;
        let answer = self.head(StatusCode::OK).with(CONTENT_TYPE, self.media_type);
        Ok(answer.with_stream(body, self.content.size).finish())
    }

    async fn part(self, call: &Call, bytes: Range<u64>) -> Handled {
        let len = bytes.end - bytes.start;
        let range = content_range(&bytes, self.content.size);
        let body = self.body(call, Some(bytes)).await?;
        let answer = self.head(StatusCode::PARTIAL_CONTENT);
        let answer = answer
            .with(CONTENT_TYPE, self.media_type)
            .with(CONTENT_RANGE, range);
        Ok(answer.with_stream(body, len).finish())
    }

    /// Answers with one part per range, in the requested order.
    ///
    /// Spec: RFC 9110, section 14.6.
    async fn parts(self, call: &Call, ranges: Vec<Range<u64>>) -> Handled {
        let parts = Multipart {
            // No content contains its own digest, and a `HEAD` must name the same boundary as a `GET`.
            boundary: self.content.digest.encoded().chars().take(MAX_BOUNDARY).collect(),
            media_type: self.media_type.to_owned(),
            size: self.content.size,
            ranges,
        };
        let media_type = format!("multipart/byteranges; boundary={}", parts.boundary);
        let len = parts.len();
        let answer = self
            .head(StatusCode::PARTIAL_CONTENT)
            .with(CONTENT_TYPE, media_type);
        let body = match call.is_head() {
            true => self.body(call, None).await?,
            false => {
                let first = self.fetch(parts.ranges.first().cloned()).await?;
                Body::stream(Content::new(
                    parts.frames(self.store, self.content, first),
                    Some(len),
                ))
            }
        };
        Ok(answer.with_stream(body, len).finish())
    }

    /// Builds the common headers of responses with this content.
    fn head(&self, status: StatusCode) -> Answer {
        Answer::new(status)
            .with(ACCEPT_RANGES, "bytes")
            .with_digest(&self.content.digest)
    }

    /// Returns the bytes, read while they are sent; empty for a `HEAD`.
    async fn body(&self, call: &Call, range: Option<Range<u64>>) -> Result<Body> {
        if !call.is_head() {
            return self.fetch(range).await.map(Body::stream);
        }
        // A `HEAD` opens the first byte, because a `GET` answers according to whether the content can be opened.
        let first = (self.content.size > 0).then_some(0..1);
        self.fetch(first).await.map(|_| Body::default())
    }

    async fn fetch(&self, range: Option<Range<u64>>) -> Result<Content> {
        let fetched = fetch(&*self.store, &self.content, range).await;
        fetched.map_err(|error| match error.kind() {
            // The stored content is damaged. Reported as missing, it can be pushed again.
            ErrorKind::Verify | ErrorKind::Refused => {
                tracing::error!(%error, "content is damaged");
                Failure::of_store(Error::not_found(&self.content.digest), self.missing)
            }
            _ => Failure::of_store(error, self.missing),
        })
    }

    fn unsatisfiable(&self) -> Failure {
        let range = format!("bytes */{}", self.content.size);
        let range = HeaderValue::try_from(range).expect("a number is plain text");
        Failure::new(Code::RangeInvalid, "there are no such bytes").with_header(CONTENT_RANGE, range)
    }
}

/// Maximum length of a multipart boundary.
///
/// Spec: RFC 2046, section 5.1.1.
const MAX_BOUNDARY: usize = 70;

/// A body of several ranges of one content.
struct Multipart {
    boundary: String,
    media_type: String,
    size: u64,
    ranges: Vec<Range<u64>>,
}

impl Multipart {
    /// Returns the length of the body.
    fn len(&self) -> u64 {
        let parts = self.ranges.iter().enumerate().map(|(number, range)| {
            let head = self.head(number).len() as u64;
            head.saturating_add(range.end - range.start)
        });
        parts.fold(self.end().len() as u64, u64::saturating_add)
    }

    /// Returns the header of a part.
    fn head(&self, number: usize) -> String {
        let start = if number == 0 { "" } else { "\r\n" };
        let range = content_range(&self.ranges[number], self.size);
        format!(
            "{start}--{}\r\nContent-Type: {}\r\nContent-Range: {range}\r\n\r\n",
            self.boundary, self.media_type
        )
    }

    fn end(&self) -> String {
        format!("\r\n--{}--\r\n", self.boundary)
    }

    /// Returns the frames of the body; `first` is the content of the first part. The other parts are opened when their turn
    /// comes.
    fn frames(
        self,
        store: Arc<dyn Store>,
        content: Descriptor,
        first: Content,
    ) -> impl futures_util::Stream<Item = StoreResult<Bytes>> + Send + 'static {
        let end = Bytes::from(self.end());
        let heads: Vec<_> = (0..self.ranges.len()).map(|number| self.head(number)).collect();
        let mut first = Some(first);
        let parts = heads.into_iter().zip(self.ranges);
        let parts = parts.map(move |(head, range)| (head, range, first.take()));
        let parts = stream::iter(parts).then(move |(head, range, opened)| {
            let (store, content) = (Arc::clone(&store), content.clone());
            async move {
                let bytes = match opened {
                    Some(bytes) => bytes,
                    None => fetch(&*store, &content, Some(range)).await?,
                };
                let head = stream::once(async { Ok(Bytes::from(head)) });
                Ok::<_, Error>(head.chain(bytes))
            }
        });
        parts.try_flatten().chain(stream::once(async { Ok(end) }))
    }
}

async fn fetch(store: &dyn Store, content: &Descriptor, range: Option<Range<u64>>) -> StoreResult<Content> {
    match range {
        Some(range) => Ok(store.fetch_range(content, range).await?.content),
        None => Ok(store.open(content, OpenOptions::default()).await?.content),
    }
}

fn content_range(bytes: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", bytes.start, bytes.end - 1)
}
