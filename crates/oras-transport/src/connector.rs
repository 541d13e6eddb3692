//! `Connector`: from a URL to a connection, by way of name resolution, proxy and TLS.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::Intercept;
use hyper_util::rt::TokioIo;
use tower::ServiceExt;
use tower_service::Service;

use crate::error::ConnectReason;
use crate::options::TransportOptions;
use crate::origin::Origin;
use crate::proxy::{Proxies, ThroughProxy};
use crate::stream::Stream;
use crate::tls::TlsConfigs;

const KEEPALIVE: Duration = Duration::from_secs(15);

type Secured = HttpsConnector<Dialer>;

/// Connects to an origin with the TLS configuration that belongs to it.
#[derive(Clone)]
pub(crate) struct Connector {
    default: Secured,
    by_origin: Arc<HashMap<Origin, Secured>>,
    timeout: Duration,
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

/// Why no connection came about; cheap to copy out of the HTTP library's error.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum ConnectFault {
    #[error("{reason}")]
    Failed {
        reason: ConnectReason,
        source: Arc<dyn StdError + Send + Sync>,
    },
    #[error("timed out")]
    TimedOut(Duration),
    #[error("the server answered in plain HTTP")]
    AnsweredInPlainHttp,
}

impl ConnectFault {
    fn dial(error: impl StdError + Send + Sync + 'static, via_proxy: bool) -> Self {
        let name_failure = find::<NameFailure>(&error).map(NameFailure::reason);
        let io_kind = find::<io::Error>(&error).map(io::Error::kind);
        let reason = match (name_failure, io_kind) {
            (Some(_), _) if via_proxy => ConnectReason::ProxyDns,
            (Some(reason), _) => reason,
            (None, Some(io::ErrorKind::ConnectionRefused)) if via_proxy => ConnectReason::ProxyRefused,
            (None, Some(io::ErrorKind::ConnectionRefused)) => ConnectReason::Refused,
            (None, Some(_)) => ConnectReason::Network,
            (None, None) if via_proxy => ConnectReason::Proxy,
            (None, None) => ConnectReason::Network,
        };
        Self::Failed {
            reason,
            source: Arc::new(error),
        }
    }

    fn tls(source: Arc<dyn StdError + Send + Sync>) -> Self {
        use rustls::{Error as Tls, InvalidMessage};
        let reason = match find::<Tls>(&*source) {
            Some(Tls::InvalidMessage(InvalidMessage::InvalidContentType)) => {
                return Self::AnsweredInPlainHttp;
            }
            Some(Tls::InvalidCertificate(_) | Tls::NoCertificatesPresented | Tls::General(_)) => {
                ConnectReason::Certificate
            }
            Some(_) => ConnectReason::Tls,
            None => ConnectReason::Network,
        };
        Self::Failed { reason, source }
    }
}

/// Looks through a chain of causes, and into I/O errors, which hide the error they wrap from `source()`.
pub(crate) fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

/// Opens the TCP connection, directly or through the proxy.
#[derive(Clone)]
struct Dialer {
    tcp: HttpConnector<Resolver>,
    proxies: Option<Arc<Proxies>>,
}

impl Dialer {
    fn new(timeout: Duration, proxies: Option<Arc<Proxies>>) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_connect_timeout(Some(timeout));
        Self { tcp, proxies }
    }

    async fn dial(self, uri: Uri) -> Result<TokioIo<Stream>, ConnectFault> {
        let is_plain = uri.scheme_str() == Some("http");
        let Some(proxy) = self.proxies.as_ref().and_then(|proxies| proxies.intercept(&uri)) else {
            let tcp = self
                .tcp
                .oneshot(uri)
                .await
                .map_err(|error| ConnectFault::dial(error, false))?;
            return Ok(TokioIo::new(Stream::new(tcp.into_inner(), is_plain)));
        };
        self.dial_through(&proxy, uri, is_plain).await
    }

    async fn dial_through(
        self,
        proxy: &Intercept,
        uri: Uri,
        is_plain: bool,
    ) -> Result<TokioIo<Stream>, ConnectFault> {
        let address = proxy.uri().clone();
        let tcp = match address.scheme_str() {
            Some("http") if is_plain => {
                let fault = through(&address);
                let tcp = self.tcp.oneshot(address).await.map_err(fault)?;
                return Ok(TokioIo::new(Stream::to_proxy(tcp.into_inner())));
            }
            Some("http") => {
                let fault = through(&address);
                let mut tunnel = Tunnel::new(address, self.tcp);
                if let Some(auth) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(auth.clone());
                }
                tunnel.oneshot(uri).await.map_err(fault)?
            }
            Some(scheme @ ("socks5" | "socks5h")) => {
                let mut socks = SocksV5::new(address.clone(), self.tcp).local_dns(scheme == "socks5");
                if let Some((user, password)) = proxy.raw_auth() {
                    socks = socks.with_auth(user.to_owned(), password.to_owned());
                }
                socks.oneshot(uri).await.map_err(through(&address))?
            }
            _ => {
                let source = Arc::new(io::Error::from(io::ErrorKind::Unsupported));
                return Err(ConnectFault::Failed {
                    reason: ConnectReason::ProxyScheme,
                    source,
                });
            }
        };
        Ok(TokioIo::new(Stream::new(tcp.into_inner(), is_plain)))
    }
}

impl Service<Uri> for Dialer {
    type Response = TokioIo<Stream>;
    type Error = ConnectFault;
    type Future = BoxFuture<'static, Result<Self::Response, ConnectFault>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), ConnectFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().dial(uri))
    }
}

/// Names the proxy in what went wrong on the way through it.
fn through<E: StdError + Send + Sync + 'static>(proxy: &Uri) -> impl FnOnce(E) -> ConnectFault + use<E> {
    let through = ThroughProxy::of(proxy);
    move |source| ConnectFault::dial(through(source), true)
}

/// The system's resolver, with failures that can be told from those of connecting.
#[derive(Clone)]
struct Resolver(GaiResolver);

#[derive(Debug, thiserror::Error)]
#[error("cannot resolve the name")]
struct NameFailure(#[source] io::Error);

impl NameFailure {
    fn reason(&self) -> ConnectReason {
        // std gives no code for resolver failures, only the resolver's text.
        if self.0.to_string().contains("Temporary failure") {
            ConnectReason::DnsTemporary
        } else {
            ConnectReason::Dns
        }
    }
}

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = NameFailure;
    type Future = Pin<Box<dyn Future<Output = Result<GaiAddrs, NameFailure>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NameFailure>> {
        self.0.poll_ready(cx).map_err(NameFailure)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolving = self.0.call(name);
        Box::pin(async move { resolving.await.map_err(NameFailure) })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Why `uri` cannot be reached through the proxy `http://ann:secret@address`, with all causes.
    async fn refusal(address: &str, uri: &'static str) -> (ConnectReason, String) {
        let proxy = format!("http://ann:secret@{address}");
        let proxies = Proxies::from_variables(|name| (name == "ALL_PROXY").then(|| proxy.clone())).unwrap();
        let dialer = Dialer::new(Duration::from_secs(10), Some(Arc::new(proxies)));
        match dialer.dial(Uri::from_static(uri)).await.err() {
            Some(ConnectFault::Failed { reason, source }) => {
                let mut text = source.to_string();
                let mut next = source.source();
                while let Some(error) = next {
                    text = format!("{text}: {error}");
                    next = error.source();
                }
                (reason, text)
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_proxy_that_cannot_be_reached_is_named_without_its_credentials() {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = closed.local_addr().unwrap().to_string();
        drop(closed);
        for uri in ["http://reg.example/", "https://reg.example/"] {
            let (reason, text) = refusal(&address, uri).await;
            assert_eq!(reason, ConnectReason::ProxyRefused, "{text}");
            assert!(text.contains(&address) && !text.contains("secret"), "{text}");
        }
        let (reason, text) = refusal("proxy.invalid:3128", "https://reg.example/").await;
        assert_eq!(reason, ConnectReason::ProxyDns, "{text}");
        assert!(text.contains("proxy.invalid:3128"), "{text}");
    }

    #[tokio::test]
    async fn a_proxy_that_opens_no_tunnel_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let _ = socket.read(&mut [0; 1024]).await;
                let _ = socket.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await;
            }
        });
        let (reason, text) = refusal(&address, "https://reg.example/").await;
        assert_eq!(reason, ConnectReason::Proxy, "{text}");
        assert!(text.contains(&address) && !text.contains("secret"), "{text}");
    }
}
