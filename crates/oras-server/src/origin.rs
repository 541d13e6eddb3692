//! Origins: the addresses under which a registry is reached.

use std::net::{IpAddr, SocketAddr};

/// The origin that received a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The registry's own origin.
    #[default]
    First,
    /// The second origin, which plays a storage service or a token server.
    Second,
}

/// The roots of the origins, if known: a service without a [`Server`](crate::Server) knows none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    scheme: Scheme,
    addrs: Option<(SocketAddr, Option<SocketAddr>)>,
    first: Option<String>,
    second: Option<String>,
}

/// The scheme of the origins.
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

    /// Returns the root of an address.
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

    /// If the server listens on all addresses of the machine, returns the origins as a client knows them that connected to
    /// `local`, because the wildcard address is of no use to clients.
    pub(crate) fn reached_by(&self, local: IpAddr) -> Option<Self> {
        let (first, second) = self.addrs.filter(|(first, _)| first.ip().is_unspecified())?;
        let at = |addr: SocketAddr| SocketAddr::new(local.to_canonical(), addr.port());
        Some(Self::new(self.scheme, at(first), second.map(at)))
    }

    /// Returns the scheme of all origins.
    pub(crate) fn scheme(&self) -> &'static str {
        self.scheme.as_str()
    }

    /// Returns the root of an origin: scheme, address and port.
    pub(crate) fn root(&self, origin: Origin) -> Option<&str> {
        match origin {
            Origin::First => self.first.as_deref(),
            Origin::Second => self.second.as_deref(),
        }
    }
}

/// A second address of a registry, to which it sends clients for some requests.
///
/// It does not serve the registry's own paths, only those to which the registry refers a client.
#[derive(Clone, Debug)]
pub struct SecondOrigin {
    scheme: Scheme,
    addr: SocketAddr,
}

impl SecondOrigin {
    pub(crate) fn new(scheme: Scheme, addr: SocketAddr) -> Self {
        Self { scheme, addr }
    }

    /// Returns the listening address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns its root: `http://`, or `https://` if the server has TLS, address and port.
    pub fn url(&self) -> String {
        self.scheme.root(self.addr)
    }
}
