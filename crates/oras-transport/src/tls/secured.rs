//! `Secured`: connections with the TLS configuration of their origin.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, InvalidMessage};
use tower::ServiceExt;
use tower_service::Service;

use crate::connect_fault::{ConnectFault, find};
use crate::connect_reason::ConnectReason;
use crate::dialer::Dialer;
use crate::error::BoxError;
use crate::origin::Origin;
use crate::stream::Stream;
use crate::tls::TlsConfigs;

/// Connects to an origin, for `https` with its TLS configuration.
#[derive(Clone)]
pub(crate) struct Secured {
    default: HttpsConnector<Dialer>,
    by_origin: Arc<HashMap<Origin, HttpsConnector<Dialer>>>,
}

impl Secured {
    /// `http2` allows TLS servers to choose HTTP/2.
    pub(crate) fn new(tls: &TlsConfigs, dialer: Dialer, http2: bool) -> Self {
        let secured = |config: &ClientConfig| {
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
        }
    }
}

impl Service<Uri> for Secured {
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
        Box::pin(async move { connecting.await.map_err(fault) })
    }
}

fn fault(error: BoxError) -> ConnectFault {
    match error.downcast::<ConnectFault>() {
        Ok(fault) => *fault,
        Err(error) => tls_fault(error.into()),
    }
}

fn tls_fault(source: Arc<dyn StdError + Send + Sync>) -> ConnectFault {
    use rustls::Error as Tls;
    let reason = match find::<Tls>(&*source) {
        Some(Tls::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            return ConnectFault::AnsweredInPlainHttp;
        }
        Some(Tls::InvalidCertificate(_) | Tls::NoCertificatesPresented | Tls::General(_)) => {
            ConnectReason::Certificate
        }
        Some(_) => ConnectReason::Tls,
        None => ConnectReason::Network,
    };
    ConnectFault::Failed { reason, source }
}

/// Whether a TLS error interrupted the exchange.
pub(crate) fn is_tls_fault(error: &(dyn StdError + 'static)) -> bool {
    find::<rustls::Error>(error).is_some()
}
