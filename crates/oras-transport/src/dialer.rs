//! `Dialer`: the TCP connection, directly or through a proxy.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::Intercept;
use hyper_util::rt::TokioIo;
use tower::ServiceExt;
use tower_service::Service;

use crate::addresses::Addresses;
use crate::connect_fault::ConnectFault;
use crate::connect_reason::ConnectReason;
use crate::name_resolver::NameResolver;
use crate::proxy::{Proxies, ThroughProxy};
use crate::stream::Stream;

const KEEPALIVE: Duration = Duration::from_secs(15);

/// Opens the TCP connection, directly or through the proxy.
#[derive(Clone)]
pub(crate) struct Dialer {
    tcp: HttpConnector<NameResolver>,
    proxies: Option<Arc<Proxies>>,
    addresses: Addresses,
}

impl Dialer {
    pub(crate) fn new(timeout: Duration, proxies: Option<Arc<Proxies>>, addresses: Addresses) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(NameResolver::new());
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_connect_timeout(Some(timeout));
        Self {
            tcp,
            proxies,
            addresses,
        }
    }

    async fn dial(self, uri: Uri) -> Result<TokioIo<Stream>, ConnectFault> {
        let is_plain = uri.scheme_str() == Some("http");
        let Some(proxy) = self.proxies.as_ref().and_then(|proxies| proxies.intercept(&uri)) else {
            let tcp = self
                .tcp
                .oneshot(self.addresses.of(uri))
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Why `uri` cannot be reached through the proxy `http://ann:secret@address`, with all causes.
    async fn refusal(address: &str, uri: &'static str) -> (ConnectReason, String) {
        let proxy = format!("http://ann:secret@{address}");
        let proxies = Proxies::from_variables(|name| (name == "ALL_PROXY").then(|| proxy.clone())).unwrap();
        let dialer = Dialer::new(
            Duration::from_secs(10),
            Some(Arc::new(proxies)),
            Addresses::default(),
        );
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
