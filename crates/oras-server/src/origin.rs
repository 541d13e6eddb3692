//! Origins: the addresses under which a registry is reached.

use std::net::SocketAddr;

use crate::Journal;

/// Which origin a request came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The registry's own.
    #[default]
    First,
    /// The other one, as that of a storage service or of a token server.
    Second,
}

/// The roots of the origins, as far as they are known: a service without a [`Server`](crate::Server) knows none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    first: Option<String>,
    second: Option<String>,
}

impl Origins {
    pub(crate) fn new(first: SocketAddr, second: Option<SocketAddr>) -> Self {
        Self {
            first: Some(root(first)),
            second: second.map(root),
        }
    }

    /// The scheme of all origins.
    pub(crate) fn scheme(&self) -> &'static str {
        "http"
    }

    /// The root of an origin, `http://`, address and port.
    pub(crate) fn root(&self, origin: Origin) -> Option<&str> {
        match origin {
            Origin::First => self.first.as_deref(),
            Origin::Second => self.second.as_deref(),
        }
    }
}

fn root(addr: SocketAddr) -> String {
    format!("http://{addr}")
}

/// A second address of a registry, to which it sends its clients for some of what they want: what they show there is
/// in a journal of its own.
///
/// No path of the registry itself is served there: only what the registry refers a client to.
#[derive(Debug)]
pub struct SecondOrigin {
    addr: SocketAddr,
    journal: Journal,
}

impl SecondOrigin {
    pub(crate) fn new(addr: SocketAddr, journal: Journal) -> Self {
        Self { addr, journal }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its root: `http://`, address and port.
    pub fn url(&self) -> String {
        root(self.addr)
    }

    /// What was asked there.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }
}
