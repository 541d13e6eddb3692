//! `RedirectLayer`: follows redirects without forwarding secrets.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::{
    ACCEPT, ACCEPT_ENCODING, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, LOCATION, RANGE, USER_AGENT,
};
use http::{HeaderMap, Method, StatusCode, Uri};
use tower::ServiceExt;
use tower_layer::Layer;
use tower_service::Service;

use crate::error::Error;
use crate::origin::Origin;
use crate::ready::take_ready;
use crate::redirect_reason::RedirectReason;
use crate::request::{Request, Response, clone_request};
use crate::resolve::resolve;
use crate::safe_url::SafeUrl;

const MAX_HOPS: u32 = 10;

/// The only request headers that are sent to another origin.
///
/// Spec: RFC 9110, section 15.4: what was generated for the origin, such as credentials, is removed.
const CROSS_ORIGIN_HEADERS: [HeaderName; 9] = [
    ACCEPT,
    ACCEPT_ENCODING,
    IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_RANGE,
    IF_UNMODIFIED_SINCE,
    RANGE,
    USER_AGENT,
];

/// The URL that responded, after redirects. In the extensions of every response through [`RedirectLayer`].
///
/// Spec: RFC 9110, section 7.1, "Determining the Target Resource".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalUri(pub Uri);

/// The origin of the request. In the extensions of every response through [`RedirectLayer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedOrigin(pub Origin);

/// A request extension: a redirect through another origin chose the URL, even if the URL is back at the origin of the
/// request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CrossedOrigin;

/// Returns `true` if a response comes from the origin of the request.
///
/// If not, challenges, cookies and the like have no meaning. A response that did not pass through [`RedirectLayer`] was
/// not redirected.
pub fn answered_by_requested_origin<B>(response: &http::Response<B>) -> bool {
    let extensions = response.extensions();
    match (extensions.get::<FinalUri>(), extensions.get::<RequestedOrigin>()) {
        (Some(FinalUri(uri)), Some(RequestedOrigin(origin))) => Origin::of(uri).as_ref() == Ok(origin),
        (None, None) => true,
        _ => false,
    }
}

/// Follows up to 10 redirects.
///
/// `GET` and `HEAD` follow 301, 302, 303, 307 and 308. Other methods follow 307 and 308 to the same origin, if their
/// body can be sent again. From the first hop to another origin on, only `Accept`, `Accept-Encoding`, `Range`, `If-…`
/// and `User-Agent` are sent, even if a later hop leads back. Redirects are never followed from `https` to `http`, to a
/// literal private address unless the request was for one, and to a URL with user information. The inner service is
/// polled ready before each hop.
///
/// Spec: RFC 9110, sections 15.4, "Redirection 3xx", and 10.2.2, "Location".
#[derive(Clone, Copy, Debug, Default)]
pub struct RedirectLayer;

impl RedirectLayer {
    /// Creates the layer.
    pub fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for RedirectLayer {
    type Service = Redirect<S>;

    fn layer(&self, inner: S) -> Redirect<S> {
        Redirect { inner }
    }
}

/// The service created by [`RedirectLayer`].
#[derive(Clone, Debug)]
pub struct Redirect<S> {
    inner: S,
}

impl<S> Service<Request> for Redirect<S>
where
    S: Service<Request, Response = Response, Error = Error> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        Box::pin(follow(take_ready(&mut self.inner), request))
    }
}

/// Sends `request` through `inner`, which is ready for it. It is polled ready again before each hop.
async fn follow<S>(mut inner: S, mut request: Request) -> Result<Response, Error>
where
    S: Service<Request, Response = Response, Error = Error> + Send,
    S::Future: Send,
{
    let first = request.uri().clone();
    let requested = Origin::of(&first).map_err(|source| Error::InvalidUrl { source })?;
    let mut hops = 0;
    loop {
        let here = request.uri().clone();
        let method = request.method().clone();
        let copy = clone_request(&request);
        let mut response = inner.ready().await?.call(request).await?;
        let Some(location) = redirects_to(&response) else {
            response.extensions_mut().insert(FinalUri(here));
            response.extensions_mut().insert(RequestedOrigin(requested));
            return Ok(response);
        };
        hops += 1;
        if hops > MAX_HOPS {
            return Err(Error::TooManyRedirects {
                url: SafeUrl(&first).into(),
                limit: MAX_HOPS,
            });
        }
        let hop = Hop {
            requested: &requested,
            here: &here,
            method: &method,
            status: response.status(),
        };
        let target = hop.target(&location)?;
        request = copy.ok_or_else(|| hop.refused(&target, RedirectReason::Body))?;
        if !hop.stays_at(&target) {
            keep_carried(request.headers_mut());
            request.extensions_mut().insert(CrossedOrigin);
        }
        *request.uri_mut() = target;
        response.into_body().drain().await;
    }
}

/// The raw `Location` of a redirect.
fn redirects_to(response: &Response) -> Option<Vec<u8>> {
    let followed = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = response.headers().get(LOCATION).filter(|_| followed)?;
    Some(location.as_bytes().to_vec())
}

struct Hop<'a> {
    requested: &'a Origin,
    here: &'a Uri,
    method: &'a Method,
    status: StatusCode,
}

impl Hop<'_> {
    fn target(&self, location: &[u8]) -> Result<Uri, Error> {
        let unusable = || Error::RedirectRefused {
            from: SafeUrl(self.here).into(),
            to: "an unusable location".into(),
            reason: RedirectReason::Location,
        };
        let location = std::str::from_utf8(location).map_err(|_| unusable())?;
        let target = resolve(self.here, location).map_err(|_| unusable())?;
        let origin = Origin::of(&target).map_err(|_| unusable())?;
        let here = Origin::of(self.here).map_err(|_| unusable())?;

        if here.is_https() && !origin.is_https() {
            return Err(self.refused(&target, RedirectReason::Downgrade));
        }
        if origin.is_private_literal() && !self.requested.is_private_literal() {
            return Err(self.refused(&target, RedirectReason::PrivateAddress));
        }
        let is_read = matches!(*self.method, Method::GET | Method::HEAD);
        let keeps_method = matches!(
            self.status,
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
        );
        let may_repeat = is_read || (keeps_method && origin == here);
        if !may_repeat {
            return Err(self.refused(&target, RedirectReason::Method));
        }
        Ok(target)
    }

    fn stays_at(&self, target: &Uri) -> bool {
        match (Origin::of(self.here), Origin::of(target)) {
            (Ok(here), Ok(there)) => here == there,
            _ => false,
        }
    }

    fn refused(&self, to: &Uri, reason: RedirectReason) -> Error {
        Error::RedirectRefused {
            from: SafeUrl(self.here).into(),
            to: SafeUrl(to).into(),
            reason,
        }
    }
}

fn keep_carried(headers: &mut HeaderMap) {
    let mut kept = HeaderMap::with_capacity(CROSS_ORIGIN_HEADERS.len());
    for (name, value) in headers.iter() {
        if CROSS_ORIGIN_HEADERS.contains(name) {
            kept.append(name, value.clone());
        }
    }
    *headers = kept;
}
