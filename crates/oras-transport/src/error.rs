//! Errors of an exchange, by what a caller can do about them.

use std::time::Duration;

use crate::connect_reason::ConnectReason;
use crate::invalid_uri::InvalidUri;
use crate::origin::Origin;
use crate::phase::Phase;
use crate::redirect_reason::RedirectReason;
use crate::transient::Transient;

/// Any error, as a source.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why an exchange failed.
///
/// URLs are shown without user information and without a query.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The connection could not be made.
    #[error("cannot connect to {origin}: {reason}")]
    Connect {
        /// The target.
        origin: Origin,
        /// The kind of failure.
        reason: ConnectReason,
        /// The error of the system or the TLS library.
        source: BoxError,
    },
    /// The URL is `https`, but the server answered in plain HTTP.
    ///
    /// Spec: RFC 8446, section 5.1: the first bytes are not a TLS record.
    #[error("the server at {origin} answered in plain HTTP")]
    AnsweredInPlainHttp {
        /// The server.
        origin: Origin,
    },
    /// The URL is `http`, but the server expects TLS.
    #[error("the server at {origin} expects TLS, not plain HTTP")]
    ExpectsTls {
        /// The server.
        origin: Origin,
    },
    /// The URL is `https`, but the program was built without TLS, that is without the features `ring` and `aws-lc-rs`.
    /// No connection was attempted.
    #[error("cannot connect to {origin}: this program was built without TLS")]
    WithoutTls {
        /// The server.
        origin: Origin,
    },
    /// The peer was silent for too long.
    #[error("timed out after {} s {phase} {origin}", after.as_secs_f32())]
    TimedOut {
        /// The peer.
        origin: Origin,
        /// The phase that timed out.
        phase: Phase,
        /// The timeout.
        after: Duration,
    },
    /// The peer sends data, but too slowly.
    #[error("{origin} sent less than {rate} bytes per second for {} s", window.as_secs_f32())]
    TooSlow {
        /// The peer.
        origin: Origin,
        /// The minimum rate, in bytes per second.
        rate: u64,
        /// The waiting time over which the rate is averaged.
        window: Duration,
    },
    /// The connection broke before the response head arrived.
    #[error("connection broke while waiting for the answer of {url}")]
    Exchange {
        /// The URL of the request.
        url: Box<str>,
        /// Whether the request may be retried.
        transient: bool,
        /// The error of the HTTP library.
        source: BoxError,
    },
    /// The body of the request could not be read. The caller's side failed, not the peer.
    #[error("cannot read the body to send to {url}")]
    RequestBody {
        /// The URL of the request.
        url: Box<str>,
        /// The error of the body.
        source: BoxError,
    },
    /// The body of the response broke off.
    ///
    /// Spec: RFC 9112, section 8, "Handling Incomplete Messages".
    #[error("the answer of {url} broke off")]
    ResponseBody {
        /// The URL that responded.
        url: Box<str>,
        /// The error of the HTTP library.
        source: BoxError,
    },
    /// The body of the response is longer than the caller's limit.
    #[error("the answer of {url} is longer than {limit} bytes")]
    BodyTooLarge {
        /// The URL that responded.
        url: Box<str>,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The redirect must not be followed.
    #[error("redirect from {from} to {to} refused: {reason}")]
    RedirectRefused {
        /// The URL that redirected.
        from: Box<str>,
        /// The target.
        to: Box<str>,
        /// The reason for the refusal.
        reason: RedirectReason,
    },
    /// There were too many redirects.
    ///
    /// Spec: RFC 9110, section 15.4: a client ought to detect and end cyclical redirections.
    #[error("{url} redirects more than {limit} times")]
    TooManyRedirects {
        /// The URL of the request.
        url: Box<str>,
        /// Maximum number of redirects.
        limit: u32,
    },
    /// The URL is invalid.
    #[error("invalid URL")]
    InvalidUrl {
        /// The reason.
        source: InvalidUri,
    },
    /// The options are invalid.
    #[error("invalid configuration: {what}")]
    Configuration {
        /// The option, and what is wrong with it.
        what: String,
        /// The error of the underlying library, if any.
        source: Option<BoxError>,
    },
}

impl Error {
    /// Returns `true` if the same request may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { reason, .. } => reason.is_transient(),
            Self::TimedOut { .. } | Self::TooSlow { .. } | Self::ResponseBody { .. } => true,
            Self::Exchange { transient, .. } => *transient,
            _ => false,
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
                | Self::WithoutTls { .. }
                | Self::TimedOut {
                    phase: Phase::Connect,
                    ..
                }
        )
    }
}
