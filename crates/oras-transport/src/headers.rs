//! `HeaderLayer`: additional headers, each bound to one origin.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::HeaderMap;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use tower_layer::Layer;
use tower_service::Service;

use crate::origin::Origin;
use crate::redirect::CrossedOrigin;
use crate::request::{Request, Response};

/// Headers that only the connection itself may write.
///
/// Spec: RFC 9110, sections 7.2, "Host", and 7.6.1, "Connection"; RFC 9112, section 6, "Message Body".
const FRAMING: [HeaderName; 7] = [
    CONNECTION,
    CONTENT_LENGTH,
    HOST,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Supplies headers for requests to one origin.
///
/// Implemented for closures from [`Origin`] to [`HeaderMap`]. It is called for every exchange, so that the headers may
/// change from one to the next.
pub trait HeaderHook: Send + Sync {
    /// Returns the headers to add to a request to `origin`.
    fn headers(&self, origin: &Origin) -> HeaderMap;
}

impl<F: Fn(&Origin) -> HeaderMap + Send + Sync> HeaderHook for F {
    fn headers(&self, origin: &Origin) -> HeaderMap {
        self(origin)
    }
}

/// A request extension: headers that are sent to `origin` only, even after redirects.
#[derive(Clone)]
pub struct OriginHeaders {
    origin: Origin,
    headers: HeaderMap,
}

impl OriginHeaders {
    /// Binds `headers` to `origin`.
    pub fn new(origin: Origin, headers: HeaderMap) -> Self {
        Self { origin, headers }
    }
}

impl fmt::Debug for OriginHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.keys().collect();
        f.debug_struct("OriginHeaders")
            .field("origin", &self.origin)
            .field("headers", &names)
            .finish()
    }
}

/// Adds headers to each exchange with the origin they are bound to: those of the hooks, and those of [`OriginHeaders`]
/// in the request's extensions.
///
/// It belongs below [`RedirectLayer`](crate::RedirectLayer), so that it sees each hop as a separate request, and below
/// authentication, so that it also sees requests to token servers. The headers are never sent to another origin. After
/// a redirect has left the origin they are no longer sent, even if a later one leads back. A header already in the
/// request is kept. `Host` and the headers that frame a message are skipped. Values are marked as sensitive.
#[derive(Clone, Default)]
pub struct HeaderLayer {
    hooks: Arc<HashMap<Origin, Vec<Arc<dyn HeaderHook>>>>,
}

impl HeaderLayer {
    /// Creates a layer without hooks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a hook for requests to `origin`. May be called repeatedly. If two hooks set the same header, the first
    /// wins.
    #[must_use]
    pub fn with_headers(mut self, origin: Origin, hook: impl HeaderHook + 'static) -> Self {
        let hooks = Arc::make_mut(&mut self.hooks);
        hooks.entry(origin).or_default().push(Arc::new(hook));
        self
    }

    fn add_to(&self, request: &mut Request) {
        let has_left = request.extensions().get::<CrossedOrigin>().is_some();
        let Some(origin) = Origin::of(request.uri()).ok().filter(|_| !has_left) else {
            return;
        };
        let given = request.extensions().get::<OriginHeaders>();
        let given = given.filter(|given| given.origin == origin);
        if let Some(given) = given.map(|given| given.headers.clone()) {
            merge(request.headers_mut(), &given);
        }
        for hook in self.hooks.get(&origin).into_iter().flatten() {
            merge(request.headers_mut(), &hook.headers(&origin));
        }
    }
}

impl fmt::Debug for HeaderLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeaderLayer")
            .field("origins", &self.hooks.keys())
            .finish()
    }
}

/// Adds all values of the headers that are missing.
fn merge(headers: &mut HeaderMap, added: &HeaderMap) {
    let names = added.keys().filter(|name| !FRAMING.contains(name));
    let missing: Vec<_> = names.filter(|name| !headers.contains_key(*name)).collect();
    for name in missing {
        for value in added.get_all(name) {
            let mut value = value.clone();
            value.set_sensitive(true);
            headers.append(name, value);
        }
    }
}

impl<S> Layer<S> for HeaderLayer {
    type Service = Headers<S>;

    fn layer(&self, inner: S) -> Headers<S> {
        Headers {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service created by [`HeaderLayer`].
#[derive(Clone, Debug)]
pub struct Headers<S> {
    inner: S,
    layer: HeaderLayer,
}

impl<S> Service<Request> for Headers<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        self.layer.add_to(&mut request);
        self.inner.call(request)
    }
}
