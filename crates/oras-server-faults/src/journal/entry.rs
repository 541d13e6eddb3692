//! Entries: a request and its answer.

use std::time::{Duration, SystemTime};

use hyper::{HeaderMap, Method, StatusCode, Version};
use oras_server::Route;

use super::secret;

/// A request and its answer.
///
/// The bytes are those of the bodies as far as they went; both numbers are final once the answer was read to its end.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// When the head of the request arrived.
    pub time: SystemTime,
    /// How long it took from there to the end of the answer; so far, while it has not ended.
    pub duration: Duration,
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
    /// Which connection it came over, counted from 1; 0 outside of a server.
    pub connection: u64,
    /// Whether it came to the [second origin](oras_server::ServerOptions::with_second_origin).
    pub at_second_origin: bool,
}

impl Entry {
    /// What kind of request and answer it is.
    pub fn kind(&self) -> Kind {
        Kind::new(self.route, self.method.clone(), self.status.as_u16() / 100)
    }

    /// Whether the path, the query or a header of the request has this text in it: as it is, percent-encoded, or within
    /// something in base64, such as the password of `Authorization: Basic`.
    ///
    /// Bodies are not kept, so they are not looked at. The empty text is nowhere.
    pub fn contains_secret(&self, secret: &str) -> bool {
        let texts = self.request_headers.values().map(|value| value.as_bytes());
        let mut texts = texts.chain([self.path.as_bytes()]);
        !secret.is_empty() && texts.any(|text| secret::is_in(text, secret.as_bytes()))
    }
}

/// A kind of request and answer, to be counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Kind {
    /// Which call of the protocol.
    pub route: Route,
    /// The method.
    pub method: Method,
    /// The first digit of the status of the answer.
    pub class: u16,
}

impl Kind {
    /// Requests of this route and method that were answered with a status of this class: 2 for 2xx.
    pub fn new(route: Route, method: Method, class: u16) -> Self {
        Self { route, method, class }
    }
}
