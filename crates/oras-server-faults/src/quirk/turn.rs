//! Turns: one request with its response, as the quirks see them.

use hyper::header::HOST;
use hyper::http::request::Parts;
use hyper::{Method, Response};
use oras_content::BoxError;
use oras_server::{Body, Incoming, Next, Origin, Query, Right, Route};

use super::Quirk;
use crate::layer::{Host, Visit};

/// A request to a registry with quirks.
pub(super) struct Turn<'a> {
    pub(super) host: &'a Host,
    pub(super) head: Parts,
    pub(super) query: Query,
    pub(super) route: Route,
    pub(super) right: Right,
    /// Whether a quirk invented the address.
    pub(super) is_alias: bool,
}

/// The outcome of a request that the registry does not see.
pub(super) enum Refusal {
    /// It is answered.
    Answer(Response<Body>),
    /// It is challenged, whatever credentials it has.
    Login,
    /// Its stream or connection ends.
    Break(BoxError),
}

impl Host {
    /// Answers a request as a registry with these quirks does.
    pub(crate) async fn handle_oddly(&self, mut visit: Visit) -> Result<Response<Body>, BoxError> {
        if self.layer.quirks.is_empty() {
            return Ok(self.next.handle(visit.asked).await);
        }
        let turn = Turn::of(self, &visit);
        match turn.refuse(&mut visit).await {
            Some(Refusal::Answer(answer)) => {
                visit.asked.body.drain(Incoming::DRAINED).await;
                let answer = turn.alter(answer).await;
                return Ok(Next::finish(answer, turn.is_head()));
            }
            Some(Refusal::Login) => visit.asked.right = Right::Refused,
            Some(Refusal::Break(error)) => return Err(error),
            None => {}
        }
        let answer = self.next.handle(visit.asked).await;
        Ok(turn.alter(answer).await)
    }
}

impl<'a> Turn<'a> {
    fn of(host: &'a Host, visit: &Visit) -> Self {
        Self {
            host,
            query: Query::of(&visit.asked.head.uri),
            head: visit.asked.head.clone(),
            route: visit.path.route(),
            right: visit.asked.right,
            is_alias: visit.detour.is_alias(),
        }
    }

    pub(super) fn has(&self, quirk: Quirk) -> bool {
        self.host.layer.quirks.has(quirk)
    }

    pub(super) fn method(&self) -> &Method {
        &self.head.method
    }

    pub(super) fn is_head(&self) -> bool {
        self.head.method == Method::HEAD
    }

    /// Whether the request reads content.
    pub(super) fn is_read(&self) -> bool {
        matches!(self.head.method, Method::GET | Method::HEAD)
    }

    /// Returns a header of the request, if it is present and valid text.
    pub(super) fn header(&self, name: hyper::header::HeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// Returns the host by which the client knows the registry.
    pub(super) fn host(&self) -> &str {
        let authority = self.head.uri.authority().map(|authority| authority.as_str());
        self.header(HOST).or(authority).unwrap_or("localhost")
    }

    /// Returns `http` or `https`.
    pub(super) fn scheme(&self) -> &str {
        let root = self.host.next.root(Origin::First).unwrap_or_default();
        root.split_once("://").map_or("http", |(scheme, _)| scheme)
    }
}
