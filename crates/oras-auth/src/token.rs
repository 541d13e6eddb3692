//! `Token`: an access token with its expiry.

use std::fmt;
use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;

use crate::credential::bearer_header;
use crate::error::Error;
use crate::secret::Secret;
use crate::token_key::TokenKey;

/// Maximum lifetime of a token, whatever the server says.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// An access token from a token server. Hidden in `Debug`.
///
/// Spec: distribution, "Token Authentication Specification", "Using the Bearer token"; RFC 6750, section 2.1.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    key: TokenKey,
    header: HeaderValue,
    expires: Instant,
}

impl Token {
    /// Creates a token that expires after `lifetime`, or after a day if that is sooner.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidCredential`]: the token is not visible ASCII, and cannot be sent.
    pub fn new(key: TokenKey, secret: &Secret, lifetime: Duration) -> Result<Self, Error> {
        Self::given_at(Instant::now(), key, secret, lifetime)
    }

    /// Creates a token whose lifetime starts at `given`.
    pub(crate) fn given_at(
        given: Instant,
        key: TokenKey,
        secret: &Secret,
        lifetime: Duration,
    ) -> Result<Self, Error> {
        let header = bearer_header(secret).ok_or(Error::InvalidCredential {
            what: "the token is not visible ASCII",
        })?;
        Ok(Self {
            key,
            header,
            expires: given + lifetime.min(LONGEST),
        })
    }

    /// Returns the key: the token server, the credential and the scopes.
    pub fn key(&self) -> &TokenKey {
        &self.key
    }

    /// Returns the token itself.
    pub fn secret(&self) -> Secret {
        let header = self.header.to_str().unwrap_or_default();
        header.strip_prefix("Bearer ").unwrap_or_default().into()
    }

    /// Returns the time until the token expires, or zero if it has expired.
    pub fn remaining(&self) -> Duration {
        self.expires.saturating_duration_since(Instant::now())
    }

    /// Whether it can be used for `wanted`.
    pub(crate) fn serves(&self, wanted: &TokenKey) -> bool {
        !self.remaining().is_zero() && self.key.covers(wanted)
    }

    /// The `Authorization` header, marked as sensitive to hide it in debug output.
    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("key", &self.key)
            .field("remaining", &self.remaining())
            .finish_non_exhaustive()
    }
}
