//! `Token`: an access token, for as long as it lasts.

use std::fmt;
use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;

use crate::credential::bearer_header;
use crate::error::Error;
use crate::secret::Secret;
use crate::token_key::TokenKey;

/// The longest a token is kept, whatever the server says.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// An access token that a token server gave. Does not show in `Debug`.
///
/// Spec: distribution, "Token Authentication Specification", "Using the Bearer token"; RFC 6750, section 2.1.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    key: TokenKey,
    header: HeaderValue,
    expires: Instant,
}

impl Token {
    /// A token that lasts from now on for `lifetime`, or for a day where that is less.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidCredential`]: it is not visible ASCII, and so cannot be sent.
    pub fn new(key: TokenKey, secret: &Secret, lifetime: Duration) -> Result<Self, Error> {
        Self::given_at(Instant::now(), key, secret, lifetime)
    }

    /// A token that was given at some time, or asked for.
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

    /// From whom it is, for whom and for what.
    pub fn key(&self) -> &TokenKey {
        &self.key
    }

    /// The token itself.
    pub fn secret(&self) -> Secret {
        let header = self.header.to_str().unwrap_or_default();
        header.strip_prefix("Bearer ").unwrap_or_default().into()
    }

    /// How long it still lasts; nothing where it has expired.
    pub fn remaining(&self) -> Duration {
        self.expires.saturating_duration_since(Instant::now())
    }

    /// Whether it can be sent where one for `wanted` is needed.
    pub(crate) fn serves(&self, wanted: &TokenKey) -> bool {
        !self.remaining().is_zero() && self.key.covers(wanted)
    }

    /// As an `Authorization` header, marked so that it does not show in debug output.
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
