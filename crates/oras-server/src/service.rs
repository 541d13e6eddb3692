//! The service: one request in, one answer out, and the layers between.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::Body as HttpBody;
use hyper::header::{CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::service::Service;
use hyper::{Method, Request, Response, StatusCode};
use oras_content::BoxError;

use crate::access::Caller;
use crate::answer::Answer;
use crate::body::{Body, DRAINED, Incoming};
use crate::call::Call;
use crate::connection::Connection;
use crate::error::{Failure, Result};
#[cfg(feature = "faults")]
use crate::fault::{Detour, Faults, Tickets};
use crate::journal::{Journal, Pending, Recorder};
use crate::options::ServerOptions;
use crate::origin::{Origin, Origins};
#[cfg(feature = "faults")]
use crate::quirk::Quirks;
use crate::registry::{Handled, Registry};
use crate::route::{Path, Route, Target, nothing_here};
use crate::{access, blob, catalog, head, manifest, namespace, referrers, tag, upload};

/// A request, and by which right it is made.
pub(crate) struct Asked {
    pub(crate) head: Parts,
    pub(crate) path: Path,
    pub(crate) body: Incoming,
    pub(crate) right: Right,
    /// What the address stands for, where it is not the registry's own.
    #[cfg(feature = "faults")]
    pub(crate) detour: Detour,
}

/// By which right a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    /// What its sender shows.
    Own,
    /// An address that was given out for it.
    Ticket,
    /// None, whatever its sender shows.
    #[cfg_attr(
        not(feature = "faults"),
        expect(dead_code, reason = "nobody is refused on purpose")
    )]
    Refused,
}

pub(crate) const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// A registry as a service of hyper, and of tower, to be served by whatever serves such services. Clones are the same
/// registry.
///
/// Requests go through the journal, then through the faults that were asked for, then to their handler.
#[derive(Clone)]
pub struct RegistryService {
    pub(crate) registry: Arc<Registry>,
    journal: Journal,
    pub(crate) connection: Arc<Connection>,
    pub(crate) origin: Origin,
    pub(crate) origins: Arc<Origins>,
    #[cfg(feature = "faults")]
    pub(crate) faults: Faults,
    #[cfg(feature = "faults")]
    pub(crate) tickets: Tickets,
    #[cfg(feature = "faults")]
    pub(crate) quirks: Quirks,
}

impl RegistryService {
    /// A registry. Of the options, those that are about listening and connections have no effect.
    pub fn new(options: ServerOptions) -> Self {
        #[cfg(feature = "faults")]
        let quirks = Quirks::new(options.quirks());
        let options = options.complete();
        Self {
            journal: Journal::new(&options, Origin::First),
            connection: Arc::default(),
            origin: Origin::First,
            origins: Arc::default(),
            #[cfg(feature = "faults")]
            faults: Faults::new(options.script.clone()),
            #[cfg(feature = "faults")]
            tickets: Tickets::default(),
            #[cfg(feature = "faults")]
            quirks,
            registry: Arc::new(Registry::new(options)),
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

    /// The same registry, which knows where it is reached.
    pub(crate) fn reached_at(mut self, origins: Origins) -> Self {
        self.origins = Arc::new(origins);
        self
    }

    /// The same registry at its second origin, with a journal of its own.
    pub(crate) fn at_second_origin(&self) -> Self {
        Self {
            journal: Journal::new(&self.registry.options, Origin::Second),
            origin: Origin::Second,
            ..self.clone()
        }
    }

    /// The same registry, for the requests of one connection.
    pub(crate) fn on(&self, connection: Arc<Connection>) -> Self {
        Self {
            connection,
            ..self.clone()
        }
    }

    /// Does what was asked, and answers as a registry should.
    pub(crate) async fn handle(&self, asked: Asked) -> Response<Body> {
        let is_head = asked.head.method == Method::HEAD;
        finish(self.fulfil(asked).await, is_head)
    }

    async fn fulfil(&self, asked: Asked) -> Response<Body> {
        let Asked {
            head,
            path,
            body,
            right,
            ..
        } = asked;
        let expects = head.headers.contains_key(EXPECT);
        // What comes from within the program has no host.
        let checked = match self.connection.id() {
            0 => Ok(()),
            _ => head::check(&head),
        };
        let mut call = Call::new(head, path.repository, body);
        let target = checked.and(path.target);
        let handled = self.dispatch(&mut call, path.route, target, right).await;
        // Reading the body would tell a client that waits for permission to send it.
        if !expects {
            call.body.drain(DRAINED).await;
        }
        handled.unwrap_or_else(Failure::into_answer)
    }

    async fn dispatch(&self, call: &mut Call, route: Route, target: Result<Target>, right: Right) -> Handled {
        let registry = &*self.registry;
        let target = target?;
        if target == Target::Token && self.origin == registry.access.token_origin(&self.origins) {
            return access::give(&registry.access, call).await;
        }
        if target == Target::Token || (self.origin == Origin::Second && right != Right::Ticket) {
            return Err(nothing_here());
        }
        if registry.options.namespaces {
            namespace::enter(call)?;
        }
        call.caller = match right {
            Right::Own => registry.access.check(call, route, &self.origins).await?,
            Right::Ticket => Caller::Anyone,
            Right::Refused => return Err(registry.access.refuse(call, route, &self.origins)),
        };
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
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        let (head, body) = request.into_parts();
        #[cfg(feature = "faults")]
        let detour = Detour::of(self, &head);
        #[cfg(feature = "faults")]
        let path = Path::of(detour.target(&head.uri));
        #[cfg(not(feature = "faults"))]
        let path = Path::of(&head.uri);
        let recorder = self.journal.begin(&head, &path, self.connection.id());
        let ServerOptions {
            patience, least_rate, ..
        } = self.registry.options;
        let body = Incoming::new(body, recorder.clone(), patience, least_rate);
        let asked = Asked {
            head,
            path,
            body,
            right: Right::Own,
            #[cfg(feature = "faults")]
            detour,
        };
        Box::pin(recorded(self.clone(), asked, recorder))
    }
}

impl<B> tower_service::Service<Request<B>> for RegistryService
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = <Self as Service<Request<B>>>::Future;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Service::call(self, request)
    }
}

async fn recorded(
    service: RegistryService,
    asked: Asked,
    recorder: Recorder,
) -> Result<Response<Body>, BoxError> {
    let pending = Pending(recorder.clone());
    let busy = service.connection.busy();
    #[cfg(feature = "faults")]
    let response = service.misbehave(asked).await?;
    #[cfg(not(feature = "faults"))]
    let response = service.handle(asked).await;
    recorder.answered(response.status(), response.headers());
    Ok(response.map(|body| body.observed(pending, busy)))
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
pub(crate) fn finish(mut response: Response<Body>, is_head: bool) -> Response<Body> {
    let version = HeaderValue::from_static("registry/2.0");
    response.headers_mut().insert(API_VERSION, version);
    if !is_head {
        return response;
    }
    // These have no body whatever the method, and no length.
    let is_bare = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&response.status());
    if let Some(len) = response.body().size_hint().exact().filter(|_| !is_bare) {
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
