//! Why an exchange failed, as decisions a caller can take.

use std::time::Duration;

use crate::connect_reason::ConnectReason;
use crate::invalid_uri::InvalidUri;
use crate::origin::Origin;
use crate::phase::Phase;
use crate::redirect_reason::RedirectReason;
use crate::transient::Transient;

/// Any error, for causes.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

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
    ///
    /// Spec: RFC 8446, section 5.1: the first bytes are no TLS record.
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
    /// An `https` URL, but the program was built without TLS, that is without the features `ring` and `aws-lc-rs`. Nothing was
    /// dialled.
    #[error("cannot connect to {origin}: this program was built without TLS")]
    WithoutTls {
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
    ///
    /// Spec: RFC 9112, section 8, "Handling Incomplete Messages".
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
    ///
    /// Spec: RFC 9110, section 15.4: a client ought to detect and end cyclical redirections.
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
