//! `Dialer`: opens TCP connections, directly or through a proxy.

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

/// Opens TCP connections, directly or through a proxy.
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

/// Adds the address of the proxy to errors of connections through it.
fn through<E: StdError + Send + Sync + 'static>(proxy: &Uri) -> impl FnOnce(E) -> ConnectFault + use<E> {
    let through = ThroughProxy::of(proxy);
    move |source| ConnectFault::dial(through(source), true)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// The reason, with all causes, why `uri` cannot be reached through the proxy `http://ann:secret@address`.
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

    /// Serves one connection as a SOCKS proxy, which requires `login` if given. Returns the request, and whether the
    /// login was right.
    async fn socks_proxy(listener: TcpListener, login: Option<&str>) -> (Vec<u8>, bool) {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut greeting = [0; 2];
        socket.read_exact(&mut greeting).await.unwrap();
        let mut methods = vec![0; greeting[1].into()];
        socket.read_exact(&mut methods).await.unwrap();
        let method = if login.is_some() { 2 } else { 0 };
        socket.write_all(&[5, method]).await.unwrap();
        let mut is_right = true;
        if let Some(login) = login {
            let mut said = vec![0; login.len()];
            socket.read_exact(&mut said).await.unwrap();
            is_right = said == login.as_bytes();
            socket.write_all(&[1, u8::from(!is_right)]).await.unwrap();
        }
        let mut asked = vec![0; 64];
        let len = socket.read(&mut asked).await.unwrap();
        asked.truncate(len);
        socket.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        (asked, is_right)
    }

    /// Dials `uri` through such a proxy at `scheme://credentials@address`.
    async fn through_socks(scheme: &str, login: Option<&str>, uri: &'static str) -> (Vec<u8>, bool) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let credentials = if login.is_some() { "ann:secret@" } else { "" };
        let proxy = format!("{scheme}://{credentials}{}", listener.local_addr().unwrap());
        let proxies = Proxies::from_variables(|name| (name == "ALL_PROXY").then(|| proxy.clone())).unwrap();
        let wait = Duration::from_secs(10);
        let dialer = Dialer::new(wait, Some(Arc::new(proxies)), Addresses::default());
        let (asked, dialled) = tokio::join!(socks_proxy(listener, login), dialer.dial(Uri::from_static(uri)));
        assert!(dialled.is_ok());
        asked
    }

    #[tokio::test]
    async fn a_socks_proxy_resolves_the_name_where_its_scheme_says_so() {
        for (uri, port) in [
            ("https://reg.example/", 443_u16),
            ("http://reg.example:5000/", 5000),
        ] {
            let (asked, _) = through_socks("socks5h", None, uri).await;
            let name = [b"\x05\x01\x00\x03\x0breg.example".as_slice(), &port.to_be_bytes()].concat();
            assert_eq!(asked, name);
        }
        let (asked, _) = through_socks("socks5", None, "https://192.0.2.7/").await;
        assert_eq!(asked, [5, 1, 0, 1, 192, 0, 2, 7, 1, 187]);
    }

    #[tokio::test]
    async fn a_socks_proxy_gets_its_login() {
        let login = "\x01\x03ann\x06secret";
        let (asked, is_right) = through_socks("socks5h", Some(login), "https://reg.example/").await;
        assert!(is_right && asked.ends_with(b"reg.example\x01\xbb"));
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
