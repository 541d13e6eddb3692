//! The journal: every request of a server, with its response.

mod body;
mod entry;
mod kept;
mod observer;
mod record;
mod secret;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::http::request::Parts;
use oras_server::{Origin, RequestPath, Route};

use crate::FaultOptions;

pub use entry::{Entry, Kind};

pub(crate) use kept::Limits;
pub(crate) use observer::Observer;
pub(crate) use record::{Pending, Recorder};

use kept::Kept;
use record::Record;

/// The requests of a registry, in the order of their arrival. Clones share their entries.
///
/// An entry exists as soon as the head of the response is sent. Only the newest entries are kept, limited by
/// [`FaultOptions::with_journal_limit`] and [`FaultOptions::with_journal_memory`]; the totals count all.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use std::io::{Read, Write};
/// use hyper::Method;
/// use oras_server::{Route, ServerOptions};
/// use oras_server_faults::{Kind, Server};
///
/// let server = Server::start(ServerOptions::default()).await?;
/// # let addr = server.addr();
/// # let ask = move |path: &str| {
/// #     let mut stream = std::net::TcpStream::connect(addr).unwrap();
/// #     write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
/// #     stream.read_to_end(&mut Vec::new()).unwrap();
/// # };
/// # tokio::task::spawn_blocking(move || { ask("/v2/"); ask("/v2/my/app/tags/list") }).await?;
/// // … a client asks for /v2/ and for the tags of a repository that is not there …
/// let journal = server.journal();
/// assert_eq!(journal.counts()[&Kind::new(Route::Tags, Method::GET, 4)], 1);
/// assert!(journal.all_before(|entry| entry.route == Route::Base, |entry| entry.route == Route::Tags));
/// assert!(!journal.contains_secret("my password"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Journal {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    origin: Origin,
    limits: Limits,
    observer: Option<Observer>,
    kept: Mutex<Kept>,
    requests: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
}

impl Journal {
    pub(crate) fn new(options: &FaultOptions, origin: Origin) -> Self {
        Self {
            shared: Arc::new(Shared {
                origin,
                limits: options.limits,
                observer: options.observer.clone(),
                kept: Mutex::default(),
                requests: AtomicU64::new(0),
                received: AtomicU64::new(0),
                sent: AtomicU64::new(0),
            }),
        }
    }

    /// Returns the answered requests.
    pub fn entries(&self) -> Vec<Entry> {
        self.kept().iter().filter_map(Record::entry).collect()
    }

    /// Returns the number of entries for which `matches` returns `true`.
    pub fn count(&self, matches: impl Fn(&Entry) -> bool) -> usize {
        self.entries().iter().filter(|entry| matches(entry)).count()
    }

    /// Returns the answered requests of one route.
    pub fn entries_of(&self, route: Route) -> Vec<Entry> {
        let mut entries = self.entries();
        entries.retain(|entry| entry.route == route);
        entries
    }

    /// Returns the number of entries of each kind; kinds without entries are missing.
    pub fn counts(&self) -> HashMap<Kind, usize> {
        let mut counts = HashMap::new();
        for entry in self.entries() {
            *counts.entry(entry.kind()).or_default() += 1;
        }
        counts
    }

    /// Returns the index in [`entries`](Self::entries) of the first one for which `matches` returns `true`.
    pub fn position(&self, matches: impl Fn(&Entry) -> bool) -> Option<usize> {
        self.entries().iter().position(matches)
    }

    /// Returns `true` if there are requests of both kinds, and all requests matching `first` arrived before any matching
    /// `then`.
    pub fn all_before(&self, first: impl Fn(&Entry) -> bool, then: impl Fn(&Entry) -> bool) -> bool {
        let entries = self.entries();
        match (entries.iter().rposition(first), entries.iter().position(then)) {
            (Some(last_of_first), Some(first_of_then)) => last_of_first < first_of_then,
            _ => false,
        }
    }

    /// Returns `true` if a request contains this text, in any of the forms that [`Entry::contains_secret`] knows.
    pub fn contains_secret(&self, secret: &str) -> bool {
        self.entries().iter().any(|entry| entry.contains_secret(secret))
    }

    /// Returns the number of requests since the last [`clear`](Self::clear), answered or not.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Relaxed)
    }

    /// Returns the bytes of request bodies that were read since the last [`clear`](Self::clear).
    pub fn bytes_received(&self) -> u64 {
        self.shared.received.load(Relaxed)
    }

    /// Returns the bytes of response bodies that were sent since the last [`clear`](Self::clear).
    pub fn bytes_sent(&self) -> u64 {
        self.shared.sent.load(Relaxed)
    }

    /// Removes all entries and resets the totals.
    pub fn clear(&self) {
        *self.kept() = Kept::default();
        for total in [&self.shared.requests, &self.shared.received, &self.shared.sent] {
            total.store(0, Relaxed);
        }
    }

    /// Records a request that has just arrived.
    pub(crate) fn begin(&self, head: &Parts, path: &RequestPath, connection: u64) -> Recorder {
        let record = Arc::new(Record::new(head, path, connection, self.shared.origin));
        self.shared.requests.fetch_add(1, Relaxed);
        self.kept().push(Arc::clone(&record), self.shared.limits);
        Recorder {
            record,
            shared: Arc::clone(&self.shared),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
