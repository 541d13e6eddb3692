//! `Connector`: connects to a URL within the timeout, with name resolution, proxy and TLS.

use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Uri;
use tower_service::Service;

use crate::connect_fault::ConnectFault;
use crate::tls::Secured;

/// Connects, or fails after the timeout.
#[derive(Clone)]
pub(crate) struct Connector {
    secured: Secured,
    timeout: Duration,
}

impl Connector {
    pub(crate) fn new(secured: Secured, timeout: Duration) -> Self {
        Self { secured, timeout }
    }
}

impl Service<Uri> for Connector {
    type Response = <Secured as Service<Uri>>::Response;
    type Error = ConnectFault;
    type Future = BoxFuture<'static, Result<Self::Response, ConnectFault>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectFault>> {
        self.secured.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.secured.call(uri);
        let timeout = self.timeout;
        Box::pin(async move {
            tokio::time::timeout(timeout, connecting)
                .await
                .unwrap_or(Err(ConnectFault::TimedOut(timeout)))
        })
    }
}
