//! `Sender`: the inner service, for the several requests that one may turn into.

use oras_transport::{Error, HttpService, Request, Response};
use tower::ServiceExt;

/// The inner service, which was polled ready for one request, and is cloned for more.
pub(crate) struct Sender {
    ready: Option<HttpService>,
    more: HttpService,
}

impl Sender {
    pub(crate) fn new(ready: HttpService, more: HttpService) -> Self {
        Self {
            ready: Some(ready),
            more,
        }
    }

    /// Sends a request; the first one takes the readiness that was polled for.
    pub(crate) async fn send(&mut self, request: Request) -> Result<Response, Error> {
        let http = self.ready.take().unwrap_or_else(|| self.more.clone());
        http.oneshot(request).await
    }

    /// Gives the readiness back, before anything else is waited for: it may be a place among few, which what is waited
    /// for needs.
    pub(crate) fn release(&mut self) -> HttpService {
        self.ready = None;
        self.more.clone()
    }
}
