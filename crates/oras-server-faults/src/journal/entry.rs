//! Entries: a request and its response.

use std::time::{Duration, SystemTime};

use hyper::{HeaderMap, Method, StatusCode, Version};
use oras_server::Route;

use super::secret;

/// A request and its response.
///
/// The bytes are those of the bodies so far; both numbers are final once the response was read to its end.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// When the head of the request arrived.
    pub time: SystemTime,
    /// The time from there to the end of the response; the time so far, if it has not ended.
    pub duration: Duration,
    /// The method.
    pub method: Method,
    /// Path and query, as sent.
    pub path: String,
    /// The call of the protocol.
    pub route: Route,
    /// The repository, if the path has a valid one.
    pub repository: Option<String>,
    /// The version of HTTP.
    pub version: Version,
    /// The headers of the request. Their `Debug` output hides credentials.
    pub request_headers: HeaderMap,
    /// The status of the response; 499 if the client left before there was one.
    pub status: StatusCode,
    /// The headers of the response.
    pub response_headers: HeaderMap,
    /// Bytes of the request's body that were read.
    pub bytes_received: u64,
    /// Bytes of the response's body that were sent.
    pub bytes_sent: u64,
    /// The number of its connection, counted from 1; 0 outside of a server.
    pub connection: u64,
    /// Whether it came to the [second origin](oras_server::ServerOptions::with_second_origin).
    pub at_second_origin: bool,
}

impl Entry {
    /// Returns the kind of the request and its response.
    pub fn kind(&self) -> Kind {
        Kind::new(self.route, self.method.clone(), self.status.as_u16() / 100)
    }

    /// Returns `true` if the path, the query or a header of the request contains this text: plainly, percent-encoded, or in
    /// base64, such as the password of `Authorization: Basic`.
    ///
    /// Bodies are not kept, so they are not searched. The empty text is never found.
    pub fn contains_secret(&self, secret: &str) -> bool {
        let texts = self.request_headers.values().map(|value| value.as_bytes());
        let mut texts = texts.chain([self.path.as_bytes()]);
        !secret.is_empty() && texts.any(|text| secret::is_in(text, secret.as_bytes()))
    }
}

/// A kind of request and response, for counting.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Kind {
    /// The call of the protocol.
    pub route: Route,
    /// The method.
    pub method: Method,
    /// The first digit of the status of the response.
    pub class: u16,
}

impl Kind {
    /// Creates the kind of requests of this route and method with a response of this class: 2 for 2xx.
    pub fn new(route: Route, method: Method, class: u16) -> Self {
        Self { route, method, class }
    }
}
