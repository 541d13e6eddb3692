//! Errors of authentication, by what a caller can do about them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use oras_transport::{BoxError, Transient};

/// Why a request could not be authenticated, or a credential not be read or stored.
///
/// Cheap to clone: tasks that wait for the same token share its error.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request failed below authentication.
    #[error(transparent)]
    Transport(Arc<oras_transport::Error>),
    /// The registry asks for a credential, and there is none.
    #[error("{registry} asks for a credential and there is none")]
    NoCredential {
        /// `host` or `host:port`.
        registry: String,
    },
    /// The exchange with the token server failed.
    #[error("cannot get a token for {registry} from {realm}")]
    TokenExchange {
        /// `host` or `host:port`.
        registry: String,
        /// The token server, without a query.
        realm: String,
        /// The error.
        source: Arc<oras_transport::Error>,
    },
    /// The token server refused to issue a token.
    #[error(
        "{realm} refused a token for {registry} with status {status}{}",
        Suffix(message)
    )]
    TokenRefused {
        /// `host` or `host:port`.
        registry: String,
        /// The token server, without a query.
        realm: String,
        /// The status of the response.
        status: StatusCode,
        /// The message of the token server, one line of at most 200 characters. Empty if there is none, or if it
        /// repeats the credential.
        message: String,
        /// How long the token server asks to wait before a retry.
        retry_after: Option<Duration>,
    },
    /// The response of the token server is not usable.
    #[error("the answer of {realm} holds no usable token for {registry}: {what}")]
    TokenUnusable {
        /// `host` or `host:port`.
        registry: String,
        /// The token server, without a query.
        realm: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The registry names a token server that must not be used, or not with a credential.
    ///
    /// One that is [`RealmReason::Untrusted`] can be trusted by name with
    /// [`AuthOptions::with_trusted_realm`](crate::AuthOptions::with_trusted_realm).
    #[error("{registry} refers to {realm} for a token: {reason}")]
    RealmRefused {
        /// The registry, as `host` or `host:port`.
        registry: String,
        /// The token server that the registry named. A URL is shown without a query.
        realm: String,
        /// The reason for the refusal.
        reason: RealmReason,
    },
    /// The registry asks for a credential after the request body was sent, and the body cannot be sent again.
    #[error("{registry} asks for a credential, but the body sent to it cannot be sent again")]
    BodyNotReplayable {
        /// `host` or `host:port`.
        registry: String,
    },
    /// The credential would have to be sent over plain HTTP.
    ///
    /// [`AuthOptions::with_plain_http`](crate::AuthOptions::with_plain_http) allows that for one registry.
    #[error(
        "the credential for {registry} is not sent to {server} over plain HTTP: use TLS, or allow it with \
         AuthOptions::with_plain_http(\"{registry}\")"
    )]
    PlainHttp {
        /// The registry of the credential, as `host` or `host:port`.
        registry: String,
        /// The server it would be sent to, the registry or its token server: `host` or `host:port`.
        server: String,
    },
    /// The store would keep the credential in plain text, which is not allowed.
    ///
    /// [`DockerConfig::with_plain_text`](crate::DockerConfig::with_plain_text) allows it.
    #[error(
        "{} would keep the credential for {registry} in plain text: configure a credential helper with credsStore or \
         credHelpers, or allow it with DockerConfig::with_plain_text", path.display()
    )]
    PlainTextStore {
        /// The file.
        path: PathBuf,
        /// `host` or `host:port`.
        registry: String,
    },
    /// The credential helper failed.
    #[error("credential helper {name} failed: {what}")]
    Helper {
        /// The name as configured, without `docker-credential-`.
        name: String,
        /// What went wrong.
        what: String,
        /// The error of the system, if any.
        source: Option<Arc<std::io::Error>>,
    },
    /// The configuration file is not usable.
    #[error("cannot use {}: {what}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong, or which operation failed.
        what: String,
        /// The error of the parser or the system, if any.
        source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    },
    /// The credential cannot be sent as it is.
    #[error("invalid credential: {what}")]
    InvalidCredential {
        /// What is wrong with it.
        what: &'static str,
    },
}

impl Error {
    /// Returns `true` if the same request may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::TokenRefused { status, .. } => {
                matches!(
                    status.as_u16(),
                    408 | 429 | 499 | 500 | 502 | 503 | 504 | 520..=527
                )
            }
            _ => self.transport().is_some_and(oras_transport::Error::is_transient),
        }
    }

    /// The error on the way to the registry or its token server.
    fn transport(&self) -> Option<&oras_transport::Error> {
        match self {
            Self::Transport(source) | Self::TokenExchange { source, .. } => Some(source),
            _ => None,
        }
    }

    pub(crate) fn config(path: impl Into<PathBuf>, what: impl Into<String>) -> Self {
        Self::Config {
            path: path.into(),
            what: what.into(),
            source: None,
        }
    }

    pub(crate) fn config_from(
        path: impl Into<PathBuf>,
        what: impl Into<String>,
        source: impl Into<BoxError>,
    ) -> Self {
        Self::Config {
            path: path.into(),
            what: what.into(),
            source: Some(source.into().into()),
        }
    }

    pub(crate) fn helper(name: &str, what: impl Into<String>) -> Self {
        Self::Helper {
            name: name.to_owned(),
            what: what.into(),
            source: None,
        }
    }

    pub(crate) fn helper_from(name: &str, what: impl Into<String>, source: std::io::Error) -> Self {
        Self::Helper {
            name: name.to_owned(),
            what: what.into(),
            source: Some(Arc::new(source)),
        }
    }
}

impl From<oras_transport::Error> for Error {
    fn from(error: oras_transport::Error) -> Self {
        Self::Transport(Arc::new(error))
    }
}

impl Transient for Error {
    fn is_transient(&self) -> bool {
        Self::is_transient(self)
    }

    fn is_silence(&self) -> bool {
        self.transport().is_some_and(Transient::is_silence)
    }

    fn is_refused(&self) -> bool {
        self.transport().is_some_and(Transient::is_refused)
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TokenRefused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// A request that lacked a token was not carried out: it was not sent, or was refused.
    fn is_unsent(&self) -> bool {
        match self {
            Self::Transport(source) => source.is_unsent(),
            _ => true,
        }
    }
}

struct Suffix<'a>(&'a str);

impl std::fmt::Display for Suffix<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.0)
        }
    }
}

/// Why a token server is not used, or not with a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RealmReason {
    /// It is not an `http` or `https` URL, or has user information or a fragment.
    Unusable,
    /// It is plain HTTP, and the registry is not.
    Downgrade,
    /// It is a private address, and the registry is not.
    PrivateAddress,
    /// It is another host and is not trusted. An anonymous token was tried and refused.
    Untrusted,
}

impl std::fmt::Display for RealmReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unusable => "not a usable URL",
            Self::Downgrade => "it is plain HTTP and the registry is not",
            Self::PrivateAddress => "it is a private address and the registry is not",
            Self::Untrusted => {
                "it is another host and not trusted with the credential, as AuthOptions::with_trusted_realm would"
            }
        })
    }
}
