//! The journal: every request a server got and what it answered.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use hyper::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, StatusCode, Version};

use crate::route::{Path, Route};

/// What is entered for a request whose client went away before it was answered; no client ever sees this status.
const CLIENT_GONE: u16 = 499;

/// A request and its answer.
///
/// The bytes are those of the bodies as far as they went; both numbers are final once the answer was read to its end.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The method.
    pub method: Method,
    /// Path and query, as they were sent.
    pub path: String,
    /// Which call of the protocol it is.
    pub route: Route,
    /// The repository, where the path names a valid one.
    pub repository: Option<String>,
    /// The version of HTTP.
    pub version: Version,
    /// The headers of the request. Their `Debug` text hides credentials.
    pub request_headers: HeaderMap,
    /// The status of the answer; 499 where the client left before there was one.
    pub status: StatusCode,
    /// The headers of the answer.
    pub response_headers: HeaderMap,
    /// How many bytes of the request's body were read.
    pub bytes_received: u64,
    /// How many bytes of the answer's body were sent.
    pub bytes_sent: u64,
    /// Which connection it came over, counted from 1; 0 outside of a [`Server`](crate::Server).
    pub connection: u64,
}

/// What a registry was asked, in the order in which requests arrived. Clones share their entries.
///
/// An entry is there as soon as the head of the answer is sent. Only the newest entries are kept, as many as
/// [`ServerOptions::with_journal_limit`](crate::ServerOptions::with_journal_limit) says; the totals count all.
#[derive(Clone, Debug)]
pub struct Journal {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: usize,
    records: Mutex<VecDeque<Arc<Record>>>,
    requests: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
}

impl Journal {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                limit,
                records: Mutex::default(),
                requests: AtomicU64::new(0),
                received: AtomicU64::new(0),
                sent: AtomicU64::new(0),
            }),
        }
    }

    /// The answered requests.
    pub fn entries(&self) -> Vec<Entry> {
        self.records()
            .iter()
            .filter_map(|record| record.entry())
            .collect()
    }

    /// How many entries `matches` is true for.
    pub fn count(&self, matches: impl Fn(&Entry) -> bool) -> usize {
        self.entries().iter().filter(|entry| matches(entry)).count()
    }

    /// How many requests arrived since the last [`clear`](Self::clear), answered or not.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Relaxed)
    }

    /// How many bytes of request bodies were read since the last [`clear`](Self::clear).
    pub fn bytes_received(&self) -> u64 {
        self.shared.received.load(Relaxed)
    }

    /// How many bytes of answer bodies were sent since the last [`clear`](Self::clear).
    pub fn bytes_sent(&self) -> u64 {
        self.shared.sent.load(Relaxed)
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.records().clear();
        for total in [&self.shared.requests, &self.shared.received, &self.shared.sent] {
            total.store(0, Relaxed);
        }
    }

    /// Enters a request that has just arrived.
    pub(crate) fn begin(&self, head: &Parts, path: &Path, connection: u64) -> Recorder {
        let record = Arc::new(Record::new(head, path, connection));
        self.shared.requests.fetch_add(1, Relaxed);
        let mut records = self.records();
        records.push_back(Arc::clone(&record));
        while records.len() > self.shared.limit {
            records.pop_front();
        }
        Recorder {
            record,
            shared: Arc::clone(&self.shared),
        }
    }

    fn records(&self) -> MutexGuard<'_, VecDeque<Arc<Record>>> {
        self.shared.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Record {
    request: Entry,
    received: AtomicU64,
    sent: AtomicU64,
    answer: OnceLock<(StatusCode, HeaderMap)>,
}

impl Record {
    fn new(head: &Parts, path: &Path, connection: u64) -> Self {
        let text = head.uri.path_and_query().map_or("/", |text| text.as_str());
        Self {
            request: Entry {
                method: head.method.clone(),
                path: text.to_owned(),
                route: path.route,
                repository: path.repository.clone(),
                version: head.version,
                request_headers: hide_secrets(head.headers.clone()),
                status: StatusCode::OK,
                response_headers: HeaderMap::new(),
                bytes_received: 0,
                bytes_sent: 0,
                connection,
            },
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            answer: OnceLock::new(),
        }
    }

    fn entry(&self) -> Option<Entry> {
        let (status, headers) = self.answer.get()?;
        Some(Entry {
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
    for name in [AUTHORIZATION, WWW_AUTHENTICATE] {
        if let hyper::header::Entry::Occupied(mut found) = headers.entry(name) {
            found.iter_mut().for_each(|value| value.set_sensitive(true));
        }
    }
    headers
}

/// The pen for one entry.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    record: Arc<Record>,
    shared: Arc<Shared>,
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

    /// Enters the answer. The first one counts.
    pub(crate) fn answered(&self, status: StatusCode, headers: &HeaderMap) {
        self.record.answer.get_or_init(|| (status, headers.clone()));
    }
}

/// Enters, when it is dropped, that the client went away, unless there was an answer.
#[derive(Debug)]
pub(crate) struct Pending(pub(crate) Recorder);

impl Drop for Pending {
    fn drop(&mut self) {
        let status = StatusCode::from_u16(CLIENT_GONE).expect("499 is within the range of statuses");
        self.0.answered(status, &HeaderMap::new());
    }
}
