//! Records: entries while they are written.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use hyper::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use hyper::http::request::Parts;
use hyper::{HeaderMap, StatusCode};
use oras_server::{Origin, RequestPath};

use super::{Entry, Shared};

/// The status recorded if the client left before there was a response; no client ever sees it.
const CLIENT_GONE: u16 = 499;

/// Memory of a header besides its text, and of a response altogether.
const HEADER_BYTES: usize = 128;
const ANSWER_BYTES: usize = 2 * 1024;

#[derive(Debug)]
pub(super) struct Record {
    request: Entry,
    since: Instant,
    received: AtomicU64,
    sent: AtomicU64,
    answer: OnceLock<(StatusCode, HeaderMap)>,
    ended: OnceLock<Duration>,
}

impl Record {
    pub(super) fn new(head: &Parts, path: &RequestPath, connection: u64, origin: Origin) -> Self {
        let text = head.uri.path_and_query().map_or("/", |text| text.as_str());
        Self {
            request: Entry {
                time: SystemTime::now(),
                duration: Duration::ZERO,
                method: head.method.clone(),
                path: text.to_owned(),
                route: path.route(),
                repository: path.repository().map(str::to_owned),
                version: head.version,
                request_headers: hide_secrets(head.headers.clone()),
                status: StatusCode::OK,
                response_headers: HeaderMap::new(),
                bytes_received: 0,
                bytes_sent: 0,
                connection,
                at_second_origin: origin == Origin::Second,
            },
            since: Instant::now(),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            answer: OnceLock::new(),
            ended: OnceLock::new(),
        }
    }

    /// Estimates its memory: the server's responses are short, but requests may not be.
    pub(super) fn weight(&self) -> usize {
        let headers = self.request.request_headers.iter();
        let headers = headers.map(|(name, value)| name.as_str().len() + value.len() + HEADER_BYTES);
        size_of::<Self>() + self.request.path.len() + headers.sum::<usize>() + ANSWER_BYTES
    }

    pub(super) fn entry(&self) -> Option<Entry> {
        let (status, headers) = self.answer.get()?;
        let ended = self.ended.get().copied();
        Some(Entry {
            duration: ended.unwrap_or_else(|| self.since.elapsed()),
            status: *status,
            response_headers: headers.clone(),
            bytes_received: self.received.load(Relaxed),
            bytes_sent: self.sent.load(Relaxed),
            ..self.request.clone()
        })
    }
}

/// Marks the headers that `Debug` must not show.
fn hide_secrets(mut headers: HeaderMap) -> HeaderMap {
    for name in [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE] {
        if let hyper::header::Entry::Occupied(mut found) = headers.entry(name) {
            found.iter_mut().for_each(|value| value.set_sensitive(true));
        }
    }
    headers
}

/// Writes one entry.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    pub(super) record: Arc<Record>,
    pub(super) shared: Arc<Shared>,
}

impl Recorder {
    pub(crate) fn received(&self, bytes: usize) {
        self.record.received.fetch_add(bytes as u64, Relaxed);
        self.shared.received.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.record.sent.fetch_add(bytes as u64, Relaxed);
        self.shared.sent.fetch_add(bytes as u64, Relaxed);
    }

    /// Records the response. Only the first one counts.
    pub(crate) fn answered(&self, status: StatusCode, headers: &HeaderMap) {
        self.record.answer.get_or_init(|| (status, headers.clone()));
    }
}

/// Lives as long as a request is being answered, and counts the bytes sent. When it is dropped the entry is final: the
/// client left, unless there was a response.
#[derive(Debug)]
pub(crate) struct Pending(pub(crate) Recorder);

impl Drop for Pending {
    fn drop(&mut self) {
        let Recorder { record, shared } = &self.0;
        let gone = StatusCode::from_u16(CLIENT_GONE).expect("499 is within the range of statuses");
        self.0.answered(gone, &HeaderMap::new());
        record.ended.get_or_init(|| record.since.elapsed());
        if let (Some(observer), Some(entry)) = (&shared.observer, record.entry()) {
            observer.call(&entry);
        }
    }
}
