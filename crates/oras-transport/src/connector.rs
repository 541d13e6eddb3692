//! `Connector`: from a URL to a connection, by way of name resolution, proxy and TLS.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::rt::TokioIo;
use tower::ServiceExt;
use tower_service::Service;

use crate::connect_fault::ConnectFault;
use crate::dialer::Dialer;
use crate::options::TransportOptions;
use crate::origin::Origin;
use crate::proxy::Proxies;
use crate::stream::Stream;
use crate::tls::TlsConfigs;

type Secured = HttpsConnector<Dialer>;

/// Connects to an origin with the TLS configuration that belongs to it.
#[derive(Clone)]
pub(crate) struct Connector {
    default: Secured,
    by_origin: Arc<HashMap<Origin, Secured>>,
    timeout: std::time::Duration,
}

impl Connector {
    /// With `http2`, TLS servers may choose HTTP/2.
    pub(crate) fn new(
        tls: &TlsConfigs,
        options: &TransportOptions,
        proxies: Option<Arc<Proxies>>,
        http2: bool,
    ) -> Self {
        let dialer = Dialer::new(options.connect_timeout, proxies);
        let secured = |config: &rustls::ClientConfig| {
            let builder = HttpsConnectorBuilder::new()
                .with_tls_config(config.clone())
                .https_or_http();
            if http2 {
                builder.enable_all_versions().wrap_connector(dialer.clone())
            } else {
                builder.enable_http1().wrap_connector(dialer.clone())
            }
        };
        let by_origin = tls
            .by_origin
            .iter()
            .map(|(origin, config)| (origin.clone(), secured(config)));
        Self {
            default: secured(&tls.default),
            by_origin: Arc::new(by_origin.collect()),
            timeout: options.connect_timeout,
        }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<Stream>>;
    type Error = ConnectFault;
    type Future = BoxFuture<'static, Result<Self::Response, ConnectFault>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), ConnectFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let own = Origin::of(&uri)
            .ok()
            .and_then(|origin| self.by_origin.get(&origin));
        let connecting = own.unwrap_or(&self.default).clone().oneshot(uri);
        let timeout = self.timeout;
        Box::pin(async move {
            match tokio::time::timeout(timeout, connecting).await {
                Ok(Ok(stream)) => Ok(stream),
                Ok(Err(error)) => Err(match error.downcast::<ConnectFault>() {
                    Ok(fault) => *fault,
                    Err(error) => ConnectFault::tls(error.into()),
                }),
                Err(_) => Err(ConnectFault::TimedOut(timeout)),
            }
        })
    }
}
