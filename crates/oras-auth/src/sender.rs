//! `Sender`: the inner service, for all requests of one exchange.

use oras_transport::{Error, HttpService, Request, Response};
use tower::ServiceExt;

/// The inner service, which is ready for one request, and is cloned for further ones.
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

    /// Sends a request. The first one uses the readiness.
    pub(crate) async fn send(&mut self, request: Request) -> Result<Response, Error> {
        let http = self.ready.take().unwrap_or_else(|| self.more.clone());
        http.oneshot(request).await
    }

    /// Gives the readiness back before waiting for something else, which may need the same scarce permit.
    pub(crate) fn release(&mut self) -> HttpService {
        self.ready = None;
        self.more.clone()
    }
}
