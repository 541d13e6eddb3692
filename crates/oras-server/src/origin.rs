//! Origins: the addresses under which a registry is reached.

use std::net::{IpAddr, SocketAddr};

/// Which origin a request came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The registry's own.
    #[default]
    First,
    /// The other one, as that of a storage service or of a token server.
    Second,
}

/// The roots of the origins, as far as they are known: a service without a [`Server`](crate::Server) knows none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    scheme: Scheme,
    addrs: Option<(SocketAddr, Option<SocketAddr>)>,
    first: Option<String>,
    second: Option<String>,
}

/// How the origins are spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scheme {
    #[default]
    Http,
    #[cfg(feature = "tls")]
    Https,
}

impl Scheme {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            #[cfg(feature = "tls")]
            Self::Https => "https",
        }
    }

    /// The root of an address.
    pub(crate) fn root(self, addr: SocketAddr) -> String {
        format!("{}://{addr}", self.as_str())
    }
}

impl Origins {
    pub(crate) fn new(scheme: Scheme, first: SocketAddr, second: Option<SocketAddr>) -> Self {
        Self {
            scheme,
            addrs: Some((first, second)),
            first: Some(scheme.root(first)),
            second: second.map(|addr| scheme.root(addr)),
        }
    }

    /// The same origins as a client knows them that reached `local`, where they are at all addresses of this machine:
    /// none of these is one to send a client to.
    pub(crate) fn reached_by(&self, local: IpAddr) -> Option<Self> {
        let (first, second) = self.addrs.filter(|(first, _)| first.ip().is_unspecified())?;
        let at = |addr: SocketAddr| SocketAddr::new(local.to_canonical(), addr.port());
        Some(Self::new(self.scheme, at(first), second.map(at)))
    }

    /// The scheme of all origins.
    pub(crate) fn scheme(&self) -> &'static str {
        self.scheme.as_str()
    }

    /// The root of an origin: scheme, address and port.
    pub(crate) fn root(&self, origin: Origin) -> Option<&str> {
        match origin {
            Origin::First => self.first.as_deref(),
            Origin::Second => self.second.as_deref(),
        }
    }
}

/// A second address of a registry, to which it sends its clients for some of what they want.
///
/// No path of the registry itself is served there: only what the registry refers a client to.
#[derive(Clone, Debug)]
pub struct SecondOrigin {
    scheme: Scheme,
    addr: SocketAddr,
}

impl SecondOrigin {
    pub(crate) fn new(scheme: Scheme, addr: SocketAddr) -> Self {
        Self { scheme, addr }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its root: `http://`, or `https://` where the server has TLS, address and port.
    pub fn url(&self) -> String {
        self.scheme.root(self.addr)
    }
}
