//! A build without TLS: `https` fails before a connection is attempted.

use std::error::Error as StdError;
use std::future::ready;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::Uri;
use hyper_util::rt::TokioIo;
use tower_service::Service;

use crate::connect_fault::ConnectFault;
use crate::dialer::Dialer;
use crate::error::Error;
use crate::options::TransportOptions;
use crate::stream::Stream;

/// Without TLS there is nothing to configure.
pub(crate) struct TlsConfigs;

impl TlsConfigs {
    pub(crate) fn new(_: &TransportOptions) -> Result<Self, Error> {
        Ok(Self)
    }
}

/// Connects in plain HTTP only: `https` over the bare connection would expose secrets.
#[derive(Clone)]
pub(crate) struct Secured(Dialer);

impl Secured {
    pub(crate) fn new(_: &TlsConfigs, dialer: Dialer, _http2: bool) -> Self {
        Self(dialer)
    }
}

impl Service<Uri> for Secured {
    type Response = TokioIo<Stream>;
    type Error = ConnectFault;
    type Future = BoxFuture<'static, Result<Self::Response, ConnectFault>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectFault>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        if uri.scheme_str() == Some("http") {
            self.0.call(uri)
        } else {
            Box::pin(ready(Err(ConnectFault::WithoutTls)))
        }
    }
}

/// Whether a TLS error interrupted the exchange.
pub(crate) fn is_tls_fault(_: &(dyn StdError + 'static)) -> bool {
    false
}
