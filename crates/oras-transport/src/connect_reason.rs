//! `ConnectReason`: why a connection failed.

/// Why a connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectReason {
    /// The name does not resolve.
    Dns,
    /// The resolver failed temporarily.
    DnsTemporary,
    /// Nothing listens at the address.
    Refused,
    /// The certificate is not trusted, or not valid for this host.
    Certificate,
    /// The TLS handshake failed for another reason.
    Tls,
    /// Nothing listens at the address of the proxy.
    ProxyRefused,
    /// The name of the proxy does not resolve.
    ProxyDns,
    /// The proxy is unreachable, or refused the connection.
    Proxy,
    /// The kind of proxy is not supported: only `http`, `socks5` and `socks5h` are.
    ProxyScheme,
    /// The network or the peer closed the connection.
    Network,
}

impl ConnectReason {
    pub(crate) fn is_transient(self) -> bool {
        matches!(
            self,
            Self::DnsTemporary | Self::Refused | Self::ProxyRefused | Self::Network
        )
    }
}

impl std::fmt::Display for ConnectReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dns => "name not found",
            Self::DnsTemporary => "name resolution failed for now",
            Self::Refused => "connection refused",
            Self::Certificate => "certificate not accepted",
            Self::Tls => "TLS handshake failed",
            Self::ProxyRefused => "the proxy refused the connection",
            Self::ProxyDns => "the name of the proxy was not found",
            Self::Proxy => "the proxy refused to connect",
            Self::ProxyScheme => "only http and socks5 proxies are supported",
            Self::Network => "network error",
        })
    }
}
