//! `TokenGoal`: a token to request.

use std::sync::Arc;

use oras_transport::Origin;

use crate::found::FoundCredential;
use crate::scope::Scopes;
use crate::token_key::{TokenKey, TokenServer};

/// A token to request.
pub(crate) struct TokenGoal {
    pub(crate) key: TokenKey,
    /// Whether there is a credential that this token server must not see.
    pub(crate) withheld: bool,
    /// The scopes to request if the server refuses those of `key`.
    pub(crate) narrower: Option<Scopes>,
}

impl TokenGoal {
    pub(crate) fn new(
        origin: Origin,
        server: Arc<TokenServer>,
        identity: Option<Arc<FoundCredential>>,
        scopes: Scopes,
    ) -> Self {
        let withheld = identity.is_some() && !server.realm.trusted;
        let identity = identity.filter(|_| server.realm.trusted);
        let key = TokenKey {
            origin,
            server,
            identity,
            scopes,
        };
        Self {
            key,
            withheld,
            narrower: None,
        }
    }

    pub(crate) fn with_narrower(mut self, narrower: Option<Scopes>) -> Self {
        self.narrower = narrower;
        self
    }

    /// The goal with the narrower scopes, if there are any.
    pub(crate) fn narrowed(&self) -> Option<Self> {
        let scopes = self.narrower.clone()?;
        let key = TokenKey {
            scopes,
            ..self.key.clone()
        };
        Some(Self {
            key,
            withheld: self.withheld,
            narrower: None,
        })
    }
}
