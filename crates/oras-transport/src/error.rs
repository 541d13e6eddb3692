//! Why an exchange failed, as decisions a caller can take.

use std::time::Duration;

use crate::origin::Origin;
use crate::resolve::InvalidUri;

/// Any error, for causes.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Says whether trying again may help.
///
/// [`RetryLayer`](crate::RetryLayer) works over any inner error that implements this.
pub trait Transient {
    /// Whether the same request may succeed a moment later.
    fn is_transient(&self) -> bool;

    /// Whether the peer was silent, or as good as silent, for as long as it may be: waiting that long once more is
    /// all that is worth it.
    fn is_silence(&self) -> bool {
        false
    }

    /// Whether nothing listens at the peer's address, which does not change within seconds.
    fn is_refused(&self) -> bool {
        false
    }

    /// How long the peer asks to wait before the same request, if it says so.
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    /// Whether the request certainly never reached the peer, so that even one with side effects may be repeated.
    fn is_unsent(&self) -> bool {
        false
    }
}

/// Why an exchange failed.
///
/// URLs in here are shown without user information and without a query.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No connection could be made.
    #[error("cannot connect to {origin}: {reason}")]
    Connect {
        /// Where to.
        origin: Origin,
        /// What kind of failure.
        reason: ConnectReason,
        /// What the system or the TLS library reported.
        source: BoxError,
    },
    /// An `https` URL, but the server answered in plain HTTP.
    #[error("the server at {origin} answered in plain HTTP")]
    AnsweredInPlainHttp {
        /// The server.
        origin: Origin,
    },
    /// An `http` URL, but the server wants TLS.
    #[error("the server at {origin} expects TLS, not plain HTTP")]
    ExpectsTls {
        /// The server.
        origin: Origin,
    },
    /// Nothing happened for too long.
    #[error("timed out after {} s {phase} {origin}", after.as_secs_f32())]
    TimedOut {
        /// The peer.
        origin: Origin,
        /// What was being waited for.
        phase: Phase,
        /// The limit that ran out.
        after: Duration,
    },
    /// The peer sends, but hardly anything.
    #[error("{origin} sent less than {rate} bytes per second for {} s", window.as_secs_f32())]
    TooSlow {
        /// The peer.
        origin: Origin,
        /// The least rate, in bytes per second.
        rate: u64,
        /// Over how much waiting it is measured.
        window: Duration,
    },
    /// The connection broke before the head of the answer was there.
    #[error("connection broke while waiting for the answer of {url}")]
    Exchange {
        /// The request's URL.
        url: Box<str>,
        /// Whether the request may be tried again.
        transient: bool,
        /// What the HTTP library reported.
        source: BoxError,
    },
    /// The request's own body could not be read; the caller's side failed, not the peer.
    #[error("cannot read the body to send to {url}")]
    RequestBody {
        /// The request's URL.
        url: Box<str>,
        /// What the body reported.
        source: BoxError,
    },
    /// The answer's body broke off.
    #[error("the answer of {url} broke off")]
    ResponseBody {
        /// The URL that answered.
        url: Box<str>,
        /// What the HTTP library reported.
        source: BoxError,
    },
    /// The answer's body is longer than the caller wants to hold.
    #[error("the answer of {url} is longer than {limit} bytes")]
    BodyTooLarge {
        /// The URL that answered.
        url: Box<str>,
        /// The most bytes the caller takes.
        limit: usize,
    },
    /// A redirect that must not be followed.
    #[error("redirect from {from} to {to} refused: {reason}")]
    RedirectRefused {
        /// The URL that redirected.
        from: Box<str>,
        /// Where to.
        to: Box<str>,
        /// Why not.
        reason: RedirectReason,
    },
    /// One redirect after another.
    #[error("{url} redirects more than {limit} times")]
    TooManyRedirects {
        /// The URL first asked for.
        url: Box<str>,
        /// The most hops followed.
        limit: u32,
    },
    /// A URL that cannot be used.
    #[error("invalid URL")]
    InvalidUrl {
        /// What is wrong with it.
        source: InvalidUri,
    },
    /// The options cannot be used.
    #[error("invalid configuration: {what}")]
    Configuration {
        /// Which option, and what is wrong with it.
        what: String,
        /// What the underlying library reported, if anything.
        source: Option<BoxError>,
    },
}

impl Error {
    /// Whether the same request may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { reason, .. } => reason.is_transient(),
            Self::TimedOut { .. } | Self::TooSlow { .. } | Self::ResponseBody { .. } => true,
            Self::Exchange { transient, .. } => *transient,
            _ => false,
        }
    }

    pub(crate) fn configuration(what: impl Into<String>) -> Self {
        Self::Configuration {
            what: what.into(),
            source: None,
        }
    }

    pub(crate) fn configuration_from(what: impl Into<String>, source: impl Into<BoxError>) -> Self {
        Self::Configuration {
            what: what.into(),
            source: Some(source.into()),
        }
    }
}

impl Transient for Error {
    fn is_transient(&self) -> bool {
        Self::is_transient(self)
    }

    fn is_silence(&self) -> bool {
        matches!(self, Self::TimedOut { .. } | Self::TooSlow { .. })
    }

    fn is_refused(&self) -> bool {
        matches!(
            self,
            Self::Connect {
                reason: ConnectReason::Refused | ConnectReason::ProxyRefused,
                ..
            }
        )
    }

    fn is_unsent(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. }
                | Self::TimedOut {
                    phase: Phase::Connect,
                    ..
                }
        )
    }
}

/// What kept a connection from being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectReason {
    /// The name does not resolve.
    Dns,
    /// The resolver could not say; it may later.
    DnsTemporary,
    /// Nothing listens there.
    Refused,
    /// The certificate is not trusted or not for this host.
    Certificate,
    /// The TLS handshake failed otherwise.
    Tls,
    /// Nothing listens at the proxy's address.
    ProxyRefused,
    /// The proxy's name does not resolve.
    ProxyDns,
    /// The proxy cannot be reached, or did not let the connection through.
    Proxy,
    /// The proxy is of a kind that is not supported: only `http`, `socks5` and `socks5h` are.
    ProxyScheme,
    /// The network or the peer ended it.
    Network,
}

impl ConnectReason {
    fn is_transient(self) -> bool {
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

/// What a time-out was waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// TCP connect, proxy and TLS handshake.
    Connect,
    /// The peer taking the next part of the request body.
    Send,
    /// The head of the answer, once the whole request was sent.
    Head,
    /// The next part of the answer's body.
    Receive,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting to",
            Self::Send => "sending to",
            Self::Head => "waiting for an answer from",
            Self::Receive => "waiting for more from",
        })
    }
}

/// Why a redirect is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedirectReason {
    /// From `https` to `http`.
    Downgrade,
    /// To a private or local address, from a public host.
    PrivateAddress,
    /// A request with side effects, to another origin or by a status that would change its method.
    Method,
    /// The body was given as a stream that can only be read once.
    Body,
    /// The `Location` cannot be used as a URL.
    Location,
}

impl std::fmt::Display for RedirectReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Downgrade => "it leaves TLS",
            Self::PrivateAddress => "the target is a private address",
            Self::Method => "only reads are redirected like this",
            Self::Body => "the body cannot be sent twice",
            Self::Location => "the location is not a usable URL",
        })
    }
}
