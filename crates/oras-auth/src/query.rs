//! `CredentialQuery`: what a credential is wanted for.

use crate::credential_key::CredentialKey;
use crate::scope::{Action, Scopes};

/// What a credential is wanted for.
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
    /// The name of the repository there; `None` where it is not about a repository, or not known.
    pub repository: Option<&'a str>,
    /// What is to be done to the repository first. Only a help to choose: the answer is kept for the repository, so
    /// that it also serves requests with other actions, until the registry refuses it.
    pub actions: &'a [Action],
}

impl<'a> CredentialQuery<'a> {
    /// A query about the whole registry at `host` or `host:port`.
    pub fn new(registry: &'a str) -> Self {
        Self {
            registry,
            repository: None,
            actions: &[],
        }
    }

    /// About this repository.
    #[must_use]
    pub fn with_repository(mut self, name: &'a str) -> Self {
        self.repository = Some(name);
        self
    }

    /// For these actions.
    #[must_use]
    pub fn with_actions(mut self, actions: &'a [Action]) -> Self {
        self.actions = actions;
        self
    }

    /// The key of a credential for the whole registry.
    pub fn registry_key(&self) -> CredentialKey {
        self.registry.into()
    }

    /// The keys under which a credential may be kept, the most specific first, the whole registry last.
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

    /// Whether a credential under `key` is for this.
    pub(crate) fn is_covered_by(&self, key: &CredentialKey) -> bool {
        self.keys().any(|covering| covering == *key)
    }
}

/// What of a query follows from a request.
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
