//! `Proof`: with what one request shows who asks.

use std::sync::Arc;

use http::HeaderValue;

use crate::credential::{Credential, basic_header, bearer_header};
use crate::layer::AuthUsed;
use crate::token::{Token, TokenKey};

/// With what one request shows who asks.
pub(crate) enum Proof {
    /// The credential itself.
    Credential {
        credential: Arc<Credential>,
        header: HeaderValue,
        used: AuthUsed,
    },
    /// A token that a token server gave.
    Token {
        token: Arc<Token>,
        /// It was got for this very request.
        fresh: bool,
        /// It is anonymous only because the token server must not see the credential.
        withheld: bool,
    },
}

impl Proof {
    /// User name and password, if the credential is that.
    pub(crate) fn basic(credential: &Arc<Credential>) -> Option<Self> {
        let Credential::Basic { username, password } = credential.as_ref() else {
            return None;
        };
        let header = basic_header(username, password);
        Some(Self::Credential {
            credential: Arc::clone(credential),
            header,
            used: AuthUsed::Basic,
        })
    }

    /// The access token, if the credential is that.
    pub(crate) fn access_token(credential: &Arc<Credential>) -> Option<Self> {
        let Credential::AccessToken(token) = credential.as_ref() else {
            return None;
        };
        let header = bearer_header(token)?;
        Some(Self::Credential {
            credential: Arc::clone(credential),
            header,
            used: AuthUsed::Token,
        })
    }

    pub(crate) fn header(&self) -> HeaderValue {
        match self {
            Self::Credential { header, .. } => header.clone(),
            Self::Token { token, .. } => token.header.clone(),
        }
    }

    pub(crate) fn used(&self) -> AuthUsed {
        match self {
            Self::Credential { used, .. } => *used,
            Self::Token { token, .. } if token.key.identity.is_none() => AuthUsed::AnonymousToken,
            Self::Token { .. } => AuthUsed::Token,
        }
    }

    /// The credential, if the registry itself got to see it.
    pub(crate) fn credential(&self) -> Option<&Arc<Credential>> {
        match self {
            Self::Credential { credential, .. } => Some(credential),
            Self::Token { .. } => None,
        }
    }

    /// Whether it is a token that has only just been got, so that asking again for `key` leads nowhere.
    pub(crate) fn is_fresh_for(&self, key: &TokenKey) -> bool {
        matches!(self, Self::Token { token, fresh: true, .. } if token.key.covers(key))
    }
}
