//! `Errand`: a token to get, for whom and for what.

use std::sync::Arc;

use crate::credential::Credential;
use crate::scope::Scopes;
use crate::token::{TokenKey, TokenServer};

/// A token to get.
pub(crate) struct Errand {
    pub(crate) server: TokenServer,
    pub(crate) identity: Option<Arc<Credential>>,
    /// There is a credential that this server must not see.
    pub(crate) withheld: bool,
    pub(crate) scopes: Scopes,
    /// What to ask for if the server refuses `scopes`.
    pub(crate) narrower: Option<Scopes>,
}

impl Errand {
    pub(crate) fn new(
        server: TokenServer,
        credential: Option<Arc<Credential>>,
        scopes: Scopes,
        narrower: Option<Scopes>,
    ) -> Self {
        let withheld = credential.is_some() && !server.realm.trusted;
        let identity = credential.filter(|_| server.realm.trusted);
        Self {
            server,
            identity,
            withheld,
            scopes,
            narrower,
        }
    }

    pub(crate) fn key(&self) -> TokenKey {
        TokenKey {
            server: self.server.clone(),
            identity: self.identity.clone(),
            scopes: self.scopes.clone(),
        }
    }

    /// The same for the narrower scopes alone, if there are any.
    pub(crate) fn narrowed(&self) -> Option<Self> {
        Some(Self {
            server: self.server.clone(),
            identity: self.identity.clone(),
            withheld: self.withheld,
            scopes: self.narrower.clone()?,
            narrower: None,
        })
    }
}
