//! The service: takes a request through access checks to its handler, and completes the response.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::Body as HttpBody;
use hyper::header::{CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue};
use hyper::service::Service;
use hyper::{Method, Request, Response, StatusCode};
use oras_content::BoxError;

use crate::access::Caller;
use crate::answer::Answer;
use crate::body::{Body, Incoming};
use crate::call::Call;
use crate::connection::Connection;
use crate::error::{Failure, Result};
use crate::layer::{Answering, Asked, Right};
use crate::next::Next;
use crate::options::ServerOptions;
use crate::origin::{Origin, Origins};
use crate::path::RequestPath;
use crate::registry::{Handled, Registry};
use crate::route::{Route, Target, nothing_here};
use crate::{access, blob, catalog, head, manifest, namespace, referrers, tag, upload};

const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// A registry as a service for hyper and tower. Clones are the same registry.
///
/// Requests go through the [layer](ServerOptions::with_layer), if there is one, to their handler.
#[derive(Clone)]
pub struct RegistryService {
    pub(crate) registry: Arc<Registry>,
    pub(crate) connection: Arc<Connection>,
    pub(crate) origin: Origin,
    pub(crate) origins: Arc<Origins>,
}

impl RegistryService {
    /// Creates a registry. Options about listening and connections have no effect.
    pub fn new(options: ServerOptions) -> Self {
        Self {
            registry: Arc::new(Registry::new(options)),
            connection: Arc::default(),
            origin: Origin::First,
            origins: Arc::default(),
        }
    }

    /// Sets the addresses of the registry.
    pub(crate) fn reached_at(mut self, origins: Origins) -> Self {
        self.origins = Arc::new(origins);
        self
    }

    /// Returns the same registry at its second origin.
    pub(crate) fn at_second_origin(&self) -> Self {
        Self {
            origin: Origin::Second,
            ..self.clone()
        }
    }

    /// Returns the same registry, for the requests of one connection.
    pub(crate) fn on(&self, connection: Arc<Connection>) -> Self {
        Self {
            connection,
            ..self.clone()
        }
    }

    /// Handles the request as a correct registry does.
    pub(crate) async fn handle(&self, asked: Asked) -> Response<Body> {
        let is_head = asked.head.method == Method::HEAD;
        finish(self.fulfil(asked).await, is_head)
    }

    async fn fulfil(&self, asked: Asked) -> Response<Body> {
        let Asked { head, body, right } = asked;
        let path = RequestPath::of(&head.uri);
        let expects = head.headers.contains_key(EXPECT);
        // A request from within the program has no host.
        let checked = match self.connection.id() {
            0 => Ok(()),
            _ => head::check(&head),
        };
        let mut call = Call::new(head, path.repository, body);
        let target = checked.and(path.target);
        let handled = self.dispatch(&mut call, path.route, target, right).await;
        // Reading the body would tell a client with `Expect: 100-continue` to send it.
        if !expects {
            call.body.drain(Incoming::DRAINED).await;
        }
        handled.unwrap_or_else(Failure::into_answer)
    }

    async fn dispatch(&self, call: &mut Call, route: Route, target: Result<Target>, right: Right) -> Handled {
        let registry = &*self.registry;
        let target = target?;
        if target == Target::Token && self.origin == registry.access.token_origin(&self.origins) {
            return access::give(&registry.access, call).await;
        }
        if target == Target::Token || (self.origin == Origin::Second && right != Right::Granted) {
            return Err(nothing_here());
        }
        if registry.options.namespaces {
            namespace::enter(call)?;
        }
        call.caller = match right {
            Right::Own => registry.access.check(call, route, &self.origins).await?,
            Right::Granted => Caller::Anyone,
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
    type Future = Answering;

    fn call(&self, request: Request<B>) -> Self::Future {
        let (head, body) = request.into_parts();
        let ServerOptions {
            patience, least_rate, ..
        } = self.registry.options;
        let asked = Asked {
            head,
            body: Incoming::new(body, patience, least_rate),
            right: Right::Own,
        };
        let next = Next::new(self.clone());
        let connection = Arc::clone(&self.connection);
        match &self.registry.options.layer {
            Some(layer) => Box::pin(watched(connection, layer.call(asked, next))),
            None => Box::pin(watched(connection, async move { Ok(next.handle(asked).await) })),
        }
    }
}

impl<B> tower_service::Service<Request<B>> for RegistryService
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Answering;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Service::call(self, request)
    }
}

/// Marks the connection as busy until the response is sent.
async fn watched(
    connection: Arc<Connection>,
    answer: impl Future<Output = Result<Response<Body>, BoxError>>,
) -> Result<Response<Body>, BoxError> {
    let busy = connection.busy();
    Ok(answer.await?.map(|body| body.watched(busy)))
}

/// Handles `GET /v2/`: says that this is a registry.
fn base(call: &Call) -> Handled {
    match call.method {
        Method::GET | Method::HEAD => Ok(Answer::json(&serde_json::json!({})).finish()),
        _ => Err(call.not_allowed("GET, HEAD")),
    }
}

/// Answers a request for the referrers API if that is disabled, like a server without a handler for the path.
fn not_an_api() -> Response<Body> {
    Answer::new(StatusCode::NOT_FOUND)
        .with(hyper::header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .with_body("404 page not found\n")
        .finish()
}

/// Adds the common headers, and removes the body of a `HEAD`.
pub(crate) fn finish(mut response: Response<Body>, is_head: bool) -> Response<Body> {
    let version = HeaderValue::from_static("registry/2.0");
    response.headers_mut().insert(API_VERSION, version);
    if !is_head {
        return response;
    }
    // These never have a body or a length.
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
