//! `TokenKey`: from whom a token is, for whom and for what.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use oras_transport::Origin;

use crate::credential_key::CredentialKey;
use crate::found::FoundCredential;
use crate::realm::Realm;
use crate::scope::Scopes;

/// A token server, as one registry names it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct TokenServer {
    pub(crate) realm: Realm,
    /// The name of the registry there.
    pub(crate) service: Option<String>,
}

/// From whom a token is, for which registry, for whom and for what.
///
/// Two keys are equal only where the credentials are equal, too: two users of one registry have different keys, and
/// so has one user with a new password. The credential itself does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenKey {
    pub(crate) origin: Origin,
    pub(crate) server: Arc<TokenServer>,
    /// `None`: for anybody.
    pub(crate) identity: Option<Arc<FoundCredential>>,
    pub(crate) scopes: Scopes,
}

impl TokenKey {
    /// The registry that takes the token.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The token server, as a URL; a query shows as `?…`.
    pub fn realm(&self) -> String {
        self.server.realm.shown()
    }

    /// The name of the registry at the token server.
    pub fn service(&self) -> Option<&str> {
        self.server.service.as_deref()
    }

    /// What the credential is for that the token was got with; `None` where anybody gets it.
    pub fn credential_key(&self) -> Option<&CredentialKey> {
        self.identity.as_deref().map(|found| &found.key)
    }

    /// What the token permits.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// Whether a token for this serves where one for `other` is wanted: all else is equal, and it permits as much.
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
