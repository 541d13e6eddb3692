//! Sends all requests, and checks their responses.

use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::response::Parts;
use http::{Method, StatusCode, Uri};
use oras_auth::{Presented, Scopes};
use oras_content::{Error, ErrorSubject, Result};
use oras_transport::{Body, Lane, NoRetry, Origin, Request, Response, SafeUrl, clone_request};
use tower::ServiceExt;

use crate::answer;
use crate::core::Core;
use crate::error::{from_auth, from_transport};
use crate::error_body::MAX_BYTES;
use crate::status::decide;
use crate::{ResponseError, Warning};

/// The wait before a response that broke off is requested again.
const PAUSE: Duration = Duration::from_millis(100);

/// A request under construction.
pub(crate) struct Call {
    request: Request,
    /// The subject for errors.
    what: ErrorSubject,
    is_manifest: bool,
}

impl Call {
    pub(crate) fn new(method: Method, url: Uri, what: impl Into<ErrorSubject>) -> Self {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = url;
        Self {
            request,
            what: what.into(),
            is_manifest: false,
        }
    }

    /// Sets the scopes a token must have.
    pub(crate) fn scopes(mut self, scopes: Scopes) -> Self {
        self.request.extensions_mut().insert(scopes);
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.request.headers_mut().insert(name, value);
        self
    }

    pub(crate) fn body(mut self, body: Body) -> Self {
        *self.request.body_mut() = body;
        self
    }

    /// Marks a request that transfers the bytes of a blob.
    pub(crate) fn moves_blob(mut self) -> Self {
        self.request.extensions_mut().insert(Lane::Blob);
        self
    }

    pub(crate) fn about_manifest(mut self) -> Self {
        self.is_manifest = true;
        self
    }

    /// Adds a request extension for the transport.
    pub(crate) fn with(mut self, extension: impl Clone + Send + Sync + 'static) -> Self {
        self.request.extensions_mut().insert(extension);
        self
    }

    /// A copy of the call, to be sent again.
    fn again(&self) -> Self {
        Self {
            request: clone_request(&self.request).expect("nothing that is read has a body of one use"),
            what: self.what.clone(),
            is_manifest: self.is_manifest,
        }
    }

    /// Disables retries, because the caller handles failures itself.
    pub(crate) fn once(mut self) -> Self {
        self.request.extensions_mut().insert(NoRetry);
        self
    }
}

impl Core {
    /// Sends a request without a body, and reads the whole response, up to `limit` bytes. If the response breaks off,
    /// the request is sent once more.
    pub(crate) async fn read(&self, call: Call, limit: u64) -> Result<(Parts, Bytes)> {
        let again = call.again();
        match self.read_once(call, limit).await? {
            Ok(whole) => Ok(whole),
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "asking again for what broke off");
                tokio::time::sleep(PAUSE).await;
                self.read_once(again, limit).await?
            }
            Err(error) => Err(error),
        }
    }

    /// The inner result is an error of the body. The outer one has the errors before it, which were already retried.
    async fn read_once(&self, call: Call, limit: u64) -> Result<Result<(Parts, Bytes)>> {
        let what = call.what.clone();
        let (parts, body) = self.send(call, &[StatusCode::OK]).await?.into_parts();
        if answer::length(&parts.headers).is_some_and(|length| length > limit) {
            return Err(Error::size_exceeds_limit(what, limit));
        }
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let body = body.read_limited(most).await;
        Ok(body
            .map(|body| (parts, body))
            .map_err(|error| from_transport(error, &what)))
    }

    /// Sends a `DELETE`. Some registries respond with status 200. So does a web server that did nothing, with a page.
    pub(crate) async fn delete(&self, call: Call) -> Result<()> {
        let what = call.what.clone();
        let response = self.send(call, &[StatusCode::ACCEPTED, StatusCode::OK]).await?;
        if answer::is_page(response.headers()) {
            return Err(Error::protocol(what, "the answer is a web page"));
        }
        response.into_body().drain().await;
        Ok(())
    }

    /// Sends a request. A response with a status not in `expected` is an error.
    pub(crate) async fn send(&self, call: Call, expected: &[StatusCode]) -> Result<Response> {
        let (method, url) = (call.request.method().clone(), call.request.uri().clone());
        let response = self.exchange(call.request, &call.what).await?;
        if expected.contains(&response.status()) {
            return Ok(response);
        }
        Err(refusal(response, method, &url, call.what, call.is_manifest).await)
    }

    async fn exchange(&self, mut request: Request, what: &ErrorSubject) -> Result<Response> {
        let is_ours = Origin::of(request.uri()).as_ref() == Ok(&self.origin);
        if !is_ours {
            let answered = self.client.anonymous.clone().oneshot(request).await;
            return answered.map_err(|error| from_transport(error, what));
        }
        if let Some(headers) = &self.headers {
            request.extensions_mut().insert(headers.clone());
        }
        let answered = self.client.authenticated.clone().oneshot(request).await;
        let response = answered.map_err(|error| from_auth(error, what))?;
        let presented = response.extensions().get::<Presented>();
        let is_secret = |text: &str| presented.is_some_and(|presented| presented.is_in(text));
        for text in self.reported.new_in(response.headers(), is_secret) {
            let registry = self.registry.clone();
            (self.options.on_warning)(&Warning { registry, text });
        }
        Ok(response)
    }
}

async fn refusal(
    response: Response,
    method: Method,
    url: &Uri,
    what: ErrorSubject,
    is_manifest: bool,
) -> Error {
    let (parts, body) = response.into_parts();
    // If the body cannot be read, the status alone is reported.
    let body = body.read_limited(MAX_BYTES).await.unwrap_or_default();
    let mut error = ResponseError::read(method, SafeUrl(url).to_string(), parts.status, &body);
    if let Some(presented) = parts.extensions.get::<Presented>() {
        error.withhold(|text| presented.is_in(text));
    }
    decide(what, error, &parts.headers, is_manifest)
}
