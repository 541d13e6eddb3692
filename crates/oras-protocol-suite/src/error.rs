//! Errors: why a registry cannot be asked at all.

use oras_content::BoxError;

/// Why a [`Client`](crate::Client) cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// This is no address of a registry.
    #[error("{0} is not an address with a scheme and a host, such as https://registry.example")]
    Address(String),
    /// The certificates to trust, or the one to show and its key, cannot be used.
    #[error("cannot use {what}")]
    Trust {
        /// Which of them.
        what: &'static str,
        /// What is wrong.
        source: BoxError,
    },
}

impl Error {
    pub(crate) fn trust(what: &'static str, source: impl Into<BoxError>) -> Self {
        let source = source.into();
        Self::Trust { what, source }
    }
}
