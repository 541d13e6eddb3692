//! The service: one request in, one answer out, and the layers between.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Body as HttpBody;
use hyper::header::{CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::service::Service;
use hyper::{Method, Request, Response, StatusCode};
use oras_content::BoxError;

use crate::answer::Answer;
use crate::body::{Body, Incoming};
use crate::call::Call;
use crate::connection::Connection;
use crate::error::{Failure, Result};
use crate::journal::{Journal, Pending, Recorder};
use crate::options::ServerOptions;
use crate::registry::{Handled, Registry};
use crate::route::{Path, Route, Target};
use crate::{access, blob, catalog, manifest, referrers, tag, upload};

const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// How many bytes of a body that nobody wants are read all the same, so that its sender gets to see the answer.
const DRAINED: u64 = 8 * 1024 * 1024;

/// A registry as a hyper service, to be served by whatever serves such services. Clones are the same registry.
///
/// Requests go through the journal, then through the faults that were asked for, then to their handler.
#[derive(Clone)]
pub struct RegistryService {
    registry: Arc<Registry>,
    journal: Journal,
    connection: Arc<Connection>,
    #[cfg(feature = "faults")]
    faults: crate::fault::Faults,
}

impl RegistryService {
    /// A registry. Of the options, those that are about listening and connections have no effect.
    pub fn new(options: ServerOptions) -> Self {
        Self {
            journal: Journal::new(options.journal_limit),
            registry: Arc::new(Registry::new(options)),
            connection: Arc::default(),
            #[cfg(feature = "faults")]
            faults: crate::fault::Faults::default(),
        }
    }

    /// What the registry was asked.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// Misbehaves once as `fault` says, or as often as it says.
    #[cfg(feature = "faults")]
    pub fn inject(&self, fault: crate::Fault) {
        self.faults.add(fault);
    }

    /// The same registry, for the requests of one connection.
    pub(crate) fn on(&self, connection: Arc<Connection>) -> Self {
        Self {
            connection,
            ..self.clone()
        }
    }

    async fn answer(self, head: Parts, path: Path, body: Incoming) -> Response<Body> {
        let is_head = head.method == Method::HEAD;
        #[cfg(feature = "faults")]
        let effects = self.faults.effects(&head, &path);
        #[cfg(feature = "faults")]
        if let Some(answer) = effects.instead() {
            let mut body = body;
            body.drain(DRAINED).await;
            return finish(answer, is_head);
        }
        let response = finish(self.handle(head, path, body).await, is_head);
        #[cfg(feature = "faults")]
        let response = effects.apply(response, &self.connection);
        response
    }

    async fn handle(&self, head: Parts, path: Path, body: Incoming) -> Response<Body> {
        let expects = head.headers.contains_key(EXPECT);
        let mut call = Call::new(head, path.repository, body);
        let handled = self.dispatch(&mut call, path.route, path.target).await;
        // Reading the body would tell a client that waits for permission to send it.
        if !expects {
            call.body.drain(DRAINED).await;
        }
        handled.unwrap_or_else(Failure::into_answer)
    }

    async fn dispatch(&self, call: &mut Call, route: Route, target: Result<Target>) -> Handled {
        let registry = &*self.registry;
        let target = target?;
        if target == Target::Token {
            return access::give(registry, call);
        }
        call.caller = registry.access.check(call, route)?;
        match target {
            Target::Base | Target::Token => base(call),
            Target::Catalog => catalog::list(registry, call).await,
            Target::Blob(digest) => blob::handle(registry, call, &digest).await,
            Target::Uploads => upload::start(registry, call).await,
            Target::Upload(id) => upload::continue_(registry, call, &id).await,
            Target::Manifest(name) => manifest::handle(registry, call, &name).await,
            Target::Tags => tag::list(registry, call).await,
            Target::Referrers(_) if !registry.options.referrers_api => Ok(not_an_api()),
            Target::Referrers(digest) => referrers::list(registry, call, &digest).await,
        }
    }
}

impl<B> Service<Request<B>> for RegistryService
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        let (head, body) = request.into_parts();
        let path = Path::of(&head.uri);
        let recorder = self.journal.begin(&head, &path, self.connection.id());
        let body = Incoming::new(body, recorder.clone(), self.registry.options.patience);
        Box::pin(recorded(self.clone(), head, path, body, recorder))
    }
}

async fn recorded(
    service: RegistryService,
    head: Parts,
    path: Path,
    body: Incoming,
    recorder: Recorder,
) -> Result<Response<Body>, Infallible> {
    let _pending = Pending(recorder.clone());
    let busy = service.connection.busy();
    let response = service.answer(head, path, body).await;
    recorder.answered(response.status(), response.headers());
    Ok(response.map(|body| body.observed(recorder, busy)))
}

/// `GET /v2/`: says that this is a registry.
fn base(call: &Call) -> Handled {
    match call.method {
        Method::GET | Method::HEAD => Ok(Answer::json(&serde_json::json!({})).finish()),
        _ => Err(call.not_allowed("GET, HEAD")),
    }
}

/// What a registry answers that has no handler for the path.
fn not_an_api() -> Response<Body> {
    Answer::new(StatusCode::NOT_FOUND)
        .with(hyper::header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .with_body("404 page not found\n")
        .finish()
}

/// Adds what every answer has, and takes the body off where only the head is wanted.
fn finish(mut response: Response<Body>, is_head: bool) -> Response<Body> {
    let version = HeaderValue::from_static("registry/2.0");
    response.headers_mut().insert(API_VERSION, version);
    if !is_head {
        return response;
    }
    if let Some(len) = response.body().size_hint().exact() {
        response
            .headers_mut()
            .entry(CONTENT_LENGTH)
            .or_insert_with(|| len.into());
    }
    response.map(|_| Body::default())
}

impl fmt::Debug for RegistryService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryService")
            .field("options", &self.registry.options)
            .finish_non_exhaustive()
    }
}
