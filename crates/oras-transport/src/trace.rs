//! `TraceLayer`: one span for each request, without secrets.

use std::pin::Pin;
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::ready::take_ready;
use crate::request::{Request, Response};
use crate::response_body::Watch;
use crate::retry::Attempts;
use crate::safe_url::SafeUrl;
use crate::shown_body::ShownBody;
use crate::shown_headers::ShownHeaders;

/// Opens a span `request` (level debug) around each request, with `method`, `url`, `status`, `attempts` and, after the
/// body has been read or dropped, `bytes`.
///
/// The span has two events, `sending` and `answered`, with the `headers` of the request and the response: the names of
/// all headers, and the values of those that cannot hold a secret. Query values and request bodies are never recorded.
///
/// If level trace is enabled for the target `oras_transport::body`, the first 4 KiB of each JSON or text response are
/// logged, too. This helps to see what a registry returns, and shows whatever it contains. Responses to token requests
/// do not pass through this layer.
#[derive(Clone, Copy, Debug, Default)]
pub struct TraceLayer;

impl TraceLayer {
    /// Creates the layer.
    pub fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace { inner }
    }
}

/// The service created by [`TraceLayer`].
#[derive(Clone, Debug)]
pub struct Trace<S> {
    inner: S,
}

impl<S> Service<Request> for Trace<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: std::fmt::Display + Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let span = tracing::debug_span!(
            "request",
            method = %request.method(),
            url = %SafeUrl(request.uri()),
            status = Empty,
            attempts = Empty,
            bytes = Empty,
        );
        let mut inner = take_ready(&mut self.inner);
        let recorded = span.clone();
        let exchange = async move {
            tracing::debug!(headers = %ShownHeaders(request.headers()), "sending");
            let result = inner.call(request).await;
            match result {
                Ok(mut response) => {
                    record(&recorded, &response);
                    let shown = ShownBody::of(response.headers());
                    response.body_mut().watch(Box::new(Body {
                        span: recorded,
                        shown,
                    }));
                    Ok(response)
                }
                Err(error) => {
                    tracing::debug!(%error, "failed");
                    Err(error)
                }
            }
        };
        Box::pin(exchange.instrument(span))
    }
}

fn record(span: &Span, response: &Response) {
    span.record("status", response.status().as_u16());
    if let Some(Attempts(attempts)) = response.extensions().get() {
        span.record("attempts", attempts);
    }
    tracing::debug!(headers = %ShownHeaders(response.headers()), "answered");
}

struct Body {
    span: Span,
    shown: Option<ShownBody>,
}

impl Watch for Body {
    fn received(&mut self, frame: &bytes::Bytes) {
        if let Some(shown) = &mut self.shown {
            shown.push(frame);
        }
    }

    fn ended(&self, received: u64) {
        self.span.record("bytes", received);
        if let Some(shown) = &self.shown {
            self.span.in_scope(|| shown.log());
        }
    }
}
