//! `TokenKey`: identifies a token in a cache.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use oras_transport::Origin;

use crate::credential_key::CredentialKey;
use crate::found::FoundCredential;
use crate::realm::Realm;
use crate::scope::Scopes;

/// A token server, as named by a registry.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct TokenServer {
    pub(crate) realm: Realm,
    /// The name of the registry at the token server.
    pub(crate) service: Option<String>,
}

/// Identifies a token by registry, token server, credential and scopes.
///
/// Keys are equal only if the credentials are equal, too: two users of one registry have different keys, and so has one
/// user with a new password. The credential itself is hidden in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenKey {
    pub(crate) origin: Origin,
    pub(crate) server: Arc<TokenServer>,
    /// `None` for an anonymous token.
    pub(crate) identity: Option<Arc<FoundCredential>>,
    pub(crate) scopes: Scopes,
}

impl TokenKey {
    /// Returns the registry that accepts the token.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns the URL of the token server. A query is shown as `?…`.
    pub fn realm(&self) -> String {
        self.server.realm.shown()
    }

    /// Returns the name of the registry at the token server.
    pub fn service(&self) -> Option<&str> {
        self.server.service.as_deref()
    }

    /// Returns the key of the credential that the token was issued for, or `None` for an anonymous token.
    pub fn credential_key(&self) -> Option<&CredentialKey> {
        self.identity.as_deref().map(|found| &found.key)
    }

    /// Returns the scopes of the token.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// Returns `true` if a token with this key can be used for `other`: it has all its scopes, and the rest is equal.
    pub fn covers(&self, other: &Self) -> bool {
        self.origin == other.origin
            && self.server == other.server
            && self.identity == other.identity
            && self.scopes.is_superset_of(&other.scopes)
    }
}

impl Hash for TokenKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.origin.hash(state);
        self.server.hash(state);
        self.credential_key().hash(state);
        self.scopes.hash(state);
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey")
            .field("origin", &self.origin.to_string())
            .field("realm", &self.realm())
            .field("service", &self.service())
            .field("credential_key", &self.credential_key())
            .field("scopes", &self.scopes.to_string())
            .finish()
    }
}
