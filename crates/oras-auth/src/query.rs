//! `CredentialQuery`: what a credential is needed for.

use crate::credential_key::CredentialKey;
use crate::scope::{Action, Scopes};

/// What a credential is needed for.
///
/// ```
/// use oras_auth::{Action, CredentialQuery};
///
/// let query = CredentialQuery::new("quay.io")
///     .with_repository("team/app")
///     .with_actions(&[Action::Pull]);
/// let keys: Vec<_> = query.keys().map(|key| key.to_string()).collect();
/// assert_eq!(keys, ["quay.io/team/app", "quay.io/team", "quay.io"]);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CredentialQuery<'a> {
    /// `host` or `host:port`.
    pub registry: &'a str,
    /// The name of the repository. `None` if there is none, or it is not known.
    pub repository: Option<&'a str>,
    /// The actions of the first request for the repository. Only a hint: the credential is kept for the repository, so
    /// that it also serves requests with other actions, until the registry refuses it.
    pub actions: &'a [Action],
}

impl<'a> CredentialQuery<'a> {
    /// Creates a query for the whole registry at `host` or `host:port`.
    pub fn new(registry: &'a str) -> Self {
        Self {
            registry,
            repository: None,
            actions: &[],
        }
    }

    /// Sets the repository.
    #[must_use]
    pub fn with_repository(mut self, name: &'a str) -> Self {
        self.repository = Some(name);
        self
    }

    /// Sets the actions.
    #[must_use]
    pub fn with_actions(mut self, actions: &'a [Action]) -> Self {
        self.actions = actions;
        self
    }

    /// Returns the key of a credential for the whole registry.
    pub fn registry_key(&self) -> CredentialKey {
        self.registry.into()
    }

    /// Returns the keys a credential may be stored under, the most specific first, the whole registry last.
    ///
    /// Spec: containers-auth.json(5), "FORMAT".
    pub fn keys(&self) -> impl Iterator<Item = CredentialKey> + use<'a> {
        let whole = self.registry_key();
        let repository = self.repository.filter(|name| !name.is_empty());
        let namespaces = std::iter::successors(repository, |name| Some(name.rsplit_once('/')?.0));
        let parts = namespaces.map({
            let whole = whole.clone();
            move |namespace| whole.clone().with_namespace(namespace)
        });
        parts.chain([whole])
    }

    /// Whether a credential under `key` covers this query.
    pub(crate) fn is_covered_by(&self, key: &CredentialKey) -> bool {
        self.keys().any(|covering| covering == *key)
    }
}

/// The part of a query that is derived from a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    pub(crate) repository: Option<String>,
    actions: Vec<Action>,
}

impl Target {
    /// The target of a request that needs these scopes.
    pub(crate) fn of(scopes: Option<&Scopes>) -> Self {
        let main = scopes.and_then(Scopes::main_repository);
        main.map_or_else(Self::default, |(name, actions)| Self {
            repository: Some(name.to_owned()),
            actions,
        })
    }

    pub(crate) fn query<'a>(&'a self, registry: &'a str) -> CredentialQuery<'a> {
        CredentialQuery {
            registry,
            repository: self.repository.as_deref(),
            actions: &self.actions,
        }
    }
}
