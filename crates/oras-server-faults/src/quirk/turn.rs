//! Turns: one request and its answer, as the quirks see them.

use hyper::header::HOST;
use hyper::http::request::Parts;
use hyper::{Method, Response};
use oras_content::BoxError;
use oras_server::{Body, Incoming, Next, Origin, Query, Right, Route};

use super::Quirk;
use crate::layer::{Host, Visit};

/// A request that was asked of a registry with quirks.
pub(super) struct Turn<'a> {
    pub(super) host: &'a Host,
    pub(super) head: Parts,
    pub(super) query: Query,
    pub(super) route: Route,
    pub(super) right: Right,
    /// Whether the address was made up by a quirk, and stood for this one.
    pub(super) is_alias: bool,
}

/// What becomes of a request before the registry sees it.
pub(super) enum Refusal {
    /// It is answered.
    Answer(Response<Body>),
    /// It is asked for a login, whatever it shows.
    Login,
    /// It ends with its stream or connection.
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

    /// Whether content is asked for.
    pub(super) fn is_read(&self) -> bool {
        matches!(self.head.method, Method::GET | Method::HEAD)
    }

    /// A header of the request, where it is there and is text.
    pub(super) fn header(&self, name: hyper::header::HeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// The host under which the client knows the registry.
    pub(super) fn host(&self) -> &str {
        let authority = self.head.uri.authority().map(|authority| authority.as_str());
        self.header(HOST).or(authority).unwrap_or("localhost")
    }

    /// `http` or `https`.
    pub(super) fn scheme(&self) -> &str {
        let root = self.host.next.root(Origin::First).unwrap_or_default();
        root.split_once("://").map_or("http", |(scheme, _)| scheme)
    }
}
