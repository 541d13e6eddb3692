//! `Authorization`: how a request is authenticated.

use std::sync::Arc;

use http::HeaderValue;

use crate::credential::{Credential, basic_header, bearer_header};
use crate::found::FoundCredential;
use crate::token::Token;
use crate::token_key::TokenKey;

/// How a request was authenticated. In the extensions of every response of [`Auth`](crate::Auth).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthUsed {
    /// Not authenticated.
    Nothing,
    /// With an `Authorization` header set by the caller.
    Given,
    /// With user name and password.
    Basic,
    /// With a token that was issued without a credential.
    AnonymousToken,
    /// With a token that was issued for the credential, or is the credential.
    Token,
}

/// What authenticates one request.
///
/// Spec: RFC 9110, section 11.6.2; RFC 7617, section 2; RFC 6750, section 2.1.
pub(crate) enum Authorization {
    /// The credential itself.
    Credential {
        identity: Arc<FoundCredential>,
        header: HeaderValue,
        used: AuthUsed,
    },
    /// A token from a token server.
    Token {
        token: Arc<Token>,
        /// Whether it was requested for this request.
        fresh: bool,
        /// Whether it is anonymous only because the token server must not see the credential.
        withheld: bool,
    },
}

impl Authorization {
    /// User name and password, if the credential is of that kind.
    pub(crate) fn basic(identity: &Arc<FoundCredential>) -> Option<Self> {
        let Credential::Basic { username, password } = &identity.credential else {
            return None;
        };
        Some(Self::Credential {
            identity: Arc::clone(identity),
            header: basic_header(username, password),
            used: AuthUsed::Basic,
        })
    }

    /// The access token, if the credential is of that kind.
    pub(crate) fn access_token(identity: &Arc<FoundCredential>) -> Option<Self> {
        let Credential::AccessToken(token) = &identity.credential else {
            return None;
        };
        Some(Self::Credential {
            identity: Arc::clone(identity),
            header: bearer_header(token)?,
            used: AuthUsed::Token,
        })
    }

    pub(crate) fn header(&self) -> HeaderValue {
        match self {
            Self::Credential { header, .. } => header.clone(),
            Self::Token { token, .. } => token.header(),
        }
    }

    pub(crate) fn used(&self) -> AuthUsed {
        match self {
            Self::Credential { used, .. } => *used,
            Self::Token { token, .. } if token.key().identity.is_none() => AuthUsed::AnonymousToken,
            Self::Token { .. } => AuthUsed::Token,
        }
    }

    /// The credential, if it was sent to the registry itself.
    pub(crate) fn shown(&self) -> Option<&Arc<FoundCredential>> {
        match self {
            Self::Credential { identity, .. } => Some(identity),
            Self::Token { .. } => None,
        }
    }

    /// Whether it is a token that was only just issued, so that requesting another for `key` is pointless.
    pub(crate) fn is_fresh_for(&self, key: &TokenKey) -> bool {
        matches!(self, Self::Token { token, fresh: true, .. } if token.key().covers(key))
    }
}
