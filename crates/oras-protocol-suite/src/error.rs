//! Errors in the setup of a client.

use oras_content::BoxError;

/// The reason why a [`Client`](crate::Client) cannot be created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not the address of a registry.
    #[error("{0} is not an address with a scheme and a host, such as https://registry.example")]
    Address(String),
    /// The trusted certificates, or the client certificate and its key, cannot be used.
    #[error("cannot use {what}")]
    Trust {
        /// Which of them is invalid.
        what: &'static str,
        /// The cause.
        source: BoxError,
    },
}

impl Error {
    pub(crate) fn trust(what: &'static str, source: impl Into<BoxError>) -> Self {
        let source = source.into();
        Self::Trust { what, source }
    }
}
