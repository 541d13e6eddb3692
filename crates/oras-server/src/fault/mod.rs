//! Faults: a registry that misbehaves on purpose, at a request of your choice.

mod spoil;

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use oras_content::MediaType;

use crate::Route;
use crate::answer::Answer;
use crate::body::Body;
use crate::connection::Connection;
use crate::error::{Code, Failure};
use crate::route::Path;

use spoil::{Damage, Spoilt};

/// One way to misbehave, and for which requests.
///
/// It acts on the first request that fits, unless [`nth`](Self::nth) and [`times`](Self::times) say otherwise. Of
/// several faults, those injected first are asked first; one that acts on a request hides it from those after it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oras_server::Error> {
/// use oras_server::{Fault, Route, Server, ServerOptions};
///
/// let server = Server::start(ServerOptions::default()).await?;
/// server.inject(Fault::status(503).on_route(Route::Manifest).times(2));
/// server.inject(Fault::truncate(1000).on_route(Route::Blob));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    effect: Effect,
    method: Option<Method>,
    route: Option<Route>,
    repository: Option<String>,
    skip: u64,
    times: u64,
}

#[derive(Clone, Debug)]
enum Effect {
    Status(StatusCode),
    RateLimited(String),
    Html,
    Oversized(u64),
    Damage(Damage),
}

impl Fault {
    /// Answers with this status and an error document, without doing what was asked.
    ///
    /// # Panics
    ///
    /// `status` is not within 100 to 999.
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).expect("a fault needs a valid status");
        Self::new(Effect::Status(status))
    }

    /// Answers with status 429 and this `Retry-After`, which may be anything that a header can carry.
    pub fn rate_limited(retry_after: impl Into<String>) -> Self {
        Self::new(Effect::RateLimited(retry_after.into()))
    }

    /// Answers with status 200 and a page of HTML, as web servers do that are no registry.
    pub fn html() -> Self {
        Self::new(Effect::Html)
    }

    /// Answers with status 200 and a manifest of `len` bytes.
    pub fn oversized(len: u64) -> Self {
        Self::new(Effect::Oversized(len))
    }

    /// Closes the connection after `len` bytes of the answer's body.
    pub fn truncate(len: u64) -> Self {
        Self::new(Effect::Damage(Damage::Truncate(len)))
    }

    /// Inverts the byte of the answer's body at this position. A shorter body stays as it is.
    pub fn flip(position: u64) -> Self {
        Self::new(Effect::Damage(Damage::Flip(position)))
    }

    /// Resets the connection after `len` bytes of the answer's body.
    pub fn reset(len: u64) -> Self {
        Self::new(Effect::Damage(Damage::Reset(len)))
    }

    fn new(effect: Effect) -> Self {
        Self {
            effect,
            method: None,
            route: None,
            repository: None,
            skip: 0,
            times: 1,
        }
    }

    /// Only requests with this method.
    #[must_use]
    pub fn on_method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only requests of this kind.
    #[must_use]
    pub fn on_route(mut self, route: Route) -> Self {
        self.route = Some(route);
        self
    }

    /// Only requests about this repository.
    #[must_use]
    pub fn on_repository(mut self, repository: impl Into<String>) -> Self {
        self.repository = Some(repository.into());
        self
    }

    /// Starts with the `k`th request that fits, counted from 1.
    #[must_use]
    pub fn nth(mut self, k: u64) -> Self {
        self.skip = k.saturating_sub(1);
        self
    }

    /// Acts on so many requests in a row.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Acts on every request from the first on.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }

    fn fits(&self, head: &Parts, path: &Path) -> bool {
        self.method.as_ref().is_none_or(|method| *method == head.method)
            && self.route.is_none_or(|route| route == path.route)
            && (self.repository.is_none() || self.repository == path.repository)
    }

    /// Counts a request that fits, and tells whether it is one to act on.
    fn strikes(&mut self) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.times = self.times.saturating_sub(1);
        true
    }
}

/// The faults of a registry that have not acted yet, or not for the last time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    armed: Arc<Mutex<Vec<Fault>>>,
}

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        self.armed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(fault);
    }

    /// What is done to a request that has just arrived.
    pub(crate) fn effects(&self, head: &Parts, path: &Path) -> Effects {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let effect = armed
            .iter_mut()
            .filter(|fault| fault.fits(head, path))
            .find_map(|fault| fault.strikes().then(|| fault.effect.clone()));
        armed.retain(|fault| fault.times > 0);
        Effects(effect)
    }
}

/// What is done to one request.
#[derive(Debug)]
pub(crate) struct Effects(Option<Effect>);

impl Effects {
    /// The answer that takes the place of the registry's own.
    pub(crate) fn instead(&self) -> Option<Response<Body>> {
        let message = "this answer was asked for";
        Some(match self.0.as_ref()? {
            Effect::Status(status) => Failure::new(Code::Unknown, message)
                .with_status(*status)
                .into_answer(),
            Effect::RateLimited(retry_after) => rate_limited(retry_after),
            Effect::Html => Answer::new(StatusCode::OK)
                .with(CONTENT_TYPE, "text/html; charset=utf-8")
                .with_body("<!doctype html><title>Log in</title><p>Please log in.\n")
                .finish(),
            Effect::Oversized(len) => oversized(*len),
            Effect::Damage(_) => return None,
        })
    }

    /// Spoils the registry's own answer.
    pub(crate) fn apply(&self, answer: Response<Body>, connection: &Arc<Connection>) -> Response<Body> {
        match self.0 {
            Some(Effect::Damage(damage)) => {
                answer.map(|body| Body::boxed(Spoilt::new(body, damage, Arc::clone(connection))))
            }
            _ => answer,
        }
    }
}

fn rate_limited(retry_after: &str) -> Response<Body> {
    let mut answer = Failure::new(Code::TooManyRequests, "this answer was asked for").into_answer();
    if let Ok(value) = retry_after.parse() {
        answer.headers_mut().insert(RETRY_AFTER, value);
    }
    answer
}

/// A manifest that is a list of spaces and nothing else.
fn oversized(len: u64) -> Response<Body> {
    const FRAME: Bytes = Bytes::from_static(&[b' '; 64 * 1024]);
    let frames = stream::unfold(len, |left| async move {
        let frame = FRAME.slice(..FRAME.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
        let rest = left - frame.len() as u64;
        (!frame.is_empty()).then_some((Ok(Frame::data(frame)), rest))
    });
    Answer::new(StatusCode::OK)
        .with(CONTENT_TYPE, MediaType::OCI_MANIFEST)
        .with(CONTENT_LENGTH, len)
        .with_body(Body::boxed(StreamBody::new(frames)))
        .finish()
}
