//! Large blobs read by several parallel requests when that is faster.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::header::{CONTENT_RANGE, RANGE};
use http::{HeaderValue, StatusCode};
use oras_content::{Descriptor, ErrorKind, OpenOptions, Reference, Result, Store};
use oras_registry::{Client, ClientOptions, Endpoint, Endpoints, RegistryOptions};
use oras_transport::{Request, Response, ResponseBody};
use tokio::time::Instant;

use crate::place::quick;
use crate::resumed::{MIB, content};

const FRAME: usize = 256 * 1024;
const SIZE: u64 = 96 * MIB;
/// The time a frame takes.
const WAIT: Duration = Duration::from_millis(10);

static BLOB: LazyLock<(Descriptor, Bytes)> = LazyLock::new(|| content(SIZE));

/// The behaviour of a registry.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Each connection has its own rate.
    SlowConnections,
    /// All connections share one rate.
    SlowLink,
    /// Each connection has its own rate, and ranges are not supported.
    WithoutRanges,
    /// Each connection has its own rate, and requests for ranges are refused with this status.
    RefusesRanges(u16),
    /// Each connection has its own rate, and requests for ranges get a different range.
    MistakesRanges,
    /// Each connection has its own rate, and the fourth request for a range is refused.
    RefusesTheFourth,
    /// Each connection has its own rate, and the fourth request for a range gets the whole blob.
    ForgetsRanges,
    /// Each connection has its own rate, and a mirror in front of it refuses all but two requests.
    BehindMirror,
}

/// The mirror, if there is one.
struct Mirror(Kind);

impl Endpoints for Mirror {
    fn endpoints(&self, reference: &Reference) -> Result<Vec<Endpoint>> {
        let mirror = (self.0 == Kind::BehindMirror).then(|| Endpoint::new(MIRROR));
        Ok(mirror.into_iter().chain([Endpoint::of(reference)]).collect())
    }
}

const MIRROR: &str = "mirror.example";

struct Registry {
    kind: Kind,
    blob: Bytes,
    asked: Mutex<Vec<String>>,
    free_at: Mutex<Option<Instant>>,
}

impl Registry {
    fn new(kind: Kind) -> Arc<Self> {
        Arc::new(Self {
            kind,
            blob: BLOB.1.clone(),
            asked: Mutex::default(),
            free_at: Mutex::default(),
        })
    }

    fn client(self: &Arc<Self>, ranges: u8) -> Client {
        let registry = Arc::clone(self);
        let service = tower::service_fn(move |request: Request| {
            let registry = Arc::clone(&registry);
            async move { Ok::<_, oras_transport::Error>(registry.answer(&request)) }
        });
        let options = RegistryOptions::default().with_parallel_ranges(ranges);
        Client::from_service(
            service,
            ClientOptions::default()
                .with_retry(quick())
                .with_endpoints(Arc::new(Mirror(self.kind)))
                .with_registry(options),
        )
    }

    fn answer(self: &Arc<Self>, request: &Request) -> Response {
        let range = request
            .headers()
            .get(RANGE)
            .map(|range| range.to_str().unwrap().to_owned());
        let mut asked = self.asked.lock().unwrap();
        asked.push(range.clone().unwrap_or_default());
        let is_odd = asked.len() == 4;
        let is_gone = request.uri().host() == Some(MIRROR) && asked.len() > 2;
        let whole = || (StatusCode::OK, 0..self.blob.len(), None);
        let (status, part, said) = match range {
            _ if is_odd && self.kind == Kind::RefusesTheFourth => (StatusCode::FORBIDDEN, 0..0, None),
            _ if is_gone => (StatusCode::FORBIDDEN, 0..0, None),
            None => whole(),
            Some(_) if self.kind == Kind::WithoutRanges => whole(),
            Some(_) if self.refusal().is_some() => (self.refusal().unwrap(), 0..0, None),
            Some(_) if self.kind == Kind::MistakesRanges => {
                let said = Some(format!("bytes 1-2/{SIZE}"));
                (StatusCode::PARTIAL_CONTENT, 1..3, said)
            }
            Some(_) if is_odd && self.kind == Kind::ForgetsRanges => whole(),
            Some(range) => {
                let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
                let part = first.parse().unwrap()..last.parse::<usize>().unwrap() + 1;
                (
                    StatusCode::PARTIAL_CONTENT,
                    part,
                    Some(format!("bytes {first}-{last}/{SIZE}")),
                )
            }
        };
        let mut response = Response::new(self.body(self.blob.slice(part)));
        *response.status_mut() = status;
        if let Some(said) = said {
            response
                .headers_mut()
                .insert(CONTENT_RANGE, HeaderValue::try_from(said).unwrap());
        }
        response
    }

    fn refusal(&self) -> Option<StatusCode> {
        match self.kind {
            Kind::RefusesRanges(status) => StatusCode::from_u16(status).ok(),
            _ => None,
        }
    }

    fn body(self: &Arc<Self>, bytes: Bytes) -> ResponseBody {
        let registry = Arc::clone(self);
        let frames: Vec<Bytes> = bytes.chunks(FRAME).map(|frame| bytes.slice_ref(frame)).collect();
        let frames = stream::iter(frames).then(move |frame| {
            let registry = Arc::clone(&registry);
            async move {
                registry.wait().await;
                Ok::<_, oras_transport::Error>(frame)
            }
        });
        ResponseBody::from_stream(frames.boxed())
    }

    async fn wait(&self) {
        let until = match self.kind {
            Kind::SlowLink => {
                let mut free_at = self.free_at.lock().unwrap();
                let until = free_at.unwrap_or_else(Instant::now).max(Instant::now()) + WAIT;
                *free_at = Some(until);
                until
            }
            _ => Instant::now() + WAIT,
        };
        tokio::time::sleep_until(until).await;
    }

    /// Reads the blob from an offset on. Returns the time it took and the requests.
    async fn read(self: &Arc<Self>, from: u64, ranges: u8) -> (Duration, Vec<String>) {
        let client = self.client(ranges);
        let app = client.repository("registry.example/app").unwrap();
        let blob = &BLOB.0;
        let start = Instant::now();
        let opened = app
            .open(blob, OpenOptions::default().with_range(from..))
            .await
            .unwrap();
        let frames: Result<Vec<Bytes>> = opened.content.try_collect().await;
        let read = frames.unwrap().concat();
        assert!(read == self.blob[usize::try_from(from).unwrap()..], "other bytes");
        (start.elapsed(), self.asked.lock().unwrap().clone())
    }
}

/// The time of one request for the whole blob.
const ONE: Duration = Duration::from_millis(10 * SIZE / FRAME as u64);

fn range(first: u64, end: u64) -> String {
    format!("bytes={}-{}", first * MIB, end * MIB - 1)
}

#[tokio::test(start_paused = true)]
async fn slow_connections_are_used_four_at_a_time() {
    let (took, asked) = Registry::new(Kind::SlowConnections).read(0, 4).await;
    let each: Vec<_> = (0..12)
        .map(|segment| range(8 * segment, 8 * (segment + 1)))
        .collect();
    assert_eq!(asked, each);
    // One request, then two, then four at a time; the last round has only one.
    assert!(took < ONE / 2, "{took:?} instead of {ONE:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_link_is_not_made_faster_by_more_requests() {
    let (took, asked) = Registry::new(Kind::SlowLink).read(0, 4).await;
    assert_eq!(asked, [range(0, 8), range(8, 16), range(16, 24), range(24, 96)]);
    assert!(took < ONE + WAIT * 4, "{took:?} instead of {ONE:?}");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_blob_is_read_so_too() {
    let (_, asked) = Registry::new(Kind::SlowLink).read(32 * MIB, 4).await;
    assert_eq!(
        asked,
        [range(32, 40), range(40, 48), range(48, 56), range(56, 96)]
    );
}

#[tokio::test(start_paused = true)]
async fn one_request_reads_what_is_smaller_or_where_the_caller_wants_no_more() {
    let (_, asked) = Registry::new(Kind::SlowConnections).read(33 * MIB, 4).await;
    assert_eq!(asked, [range(33, 96)]);
    for ranges in [0, 1] {
        let (took, asked) = Registry::new(Kind::SlowConnections).read(0, ranges).await;
        assert_eq!((took, asked), (ONE, vec![String::new()]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_does_not_know_ranges_is_asked_once() {
    let (took, asked) = Registry::new(Kind::WithoutRanges).read(0, 4).await;
    assert_eq!((took, asked), (ONE, vec![range(0, 8)]));
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_refuses_ranges_is_asked_for_the_whole() {
    let refusals = [400, 405, 416, 501].map(Kind::RefusesRanges);
    for kind in refusals.into_iter().chain([Kind::MistakesRanges]) {
        let (took, asked) = Registry::new(kind).read(0, 4).await;
        assert_eq!((took, asked), (ONE, vec![range(0, 8), String::new()]));
    }
}

/// An error that is not about the range is reported at once.
#[tokio::test(start_paused = true)]
async fn a_blob_that_is_not_there_is_asked_for_once() {
    for (status, kind) in [(404, ErrorKind::NotFound), (403, ErrorKind::Denied)] {
        let registry = Registry::new(Kind::RefusesRanges(status));
        let app = registry.client(4).repository("registry.example/app").unwrap();
        let opened = app.open(&BLOB.0, OpenOptions::default()).await;
        assert_eq!(*opened.unwrap_err().kind(), kind);
        assert_eq!(registry.asked.lock().unwrap().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn any_surprise_ends_in_one_request_for_what_is_left() {
    for kind in [Kind::RefusesTheFourth, Kind::ForgetsRanges] {
        let (_, asked) = Registry::new(kind).read(0, 4).await;
        assert_eq!(asked.last(), Some(&range(24, 96)));
        let sent: Vec<_> = asked[..3].iter().collect();
        assert_eq!(sent, [&range(0, 8), &range(8, 16), &range(16, 24)]);
        assert!(asked.len() <= 8, "{asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_mirror_does_not_give_any_more_comes_from_behind_it() {
    let (_, asked) = Registry::new(Kind::BehindMirror).read(0, 4).await;
    assert_eq!(asked.last(), Some(&range(16, 96)), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn many_downloads_hold_no_more_than_four_segments() {
    let registry = Registry::new(Kind::SlowConnections);
    let client = registry.client(4);
    let app = client.repository("registry.example/app").unwrap();
    let blob = &BLOB.0;
    let reads = (0..6).map(|_| async {
        let opened = app.open(blob, OpenOptions::default()).await.unwrap();
        let frames: Result<Vec<Bytes>> = opened.content.try_collect().await;
        assert!(frames.unwrap().concat() == registry.blob);
    });
    futures_util::future::join_all(reads).await;
    let asked = registry.asked.lock().unwrap();
    let rests = asked
        .iter()
        .filter(|range| range.ends_with(&format!("-{}", SIZE - 1)))
        .count();
    assert!(rests >= 4, "{asked:?}");
}
