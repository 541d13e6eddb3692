//! Scopes: the rights that a token is requested for and grants.

use std::fmt;

use super::Action;
use crate::route::repository_name;

/// The scope of the list of repositories.
const CATALOG: &str = "registry:catalog:*";

/// The grants of a token: actions by repository, and optionally the catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grants {
    repositories: Vec<(String, Vec<Action>)>,
    catalog: bool,
}

impl Grants {
    /// Parses scopes of the form `repository:NAME:ACTION,…` or `repository(CLASS):NAME:ACTION,…`. Invalid scopes grant
    /// nothing.
    pub(super) fn parse<'a>(scopes: impl Iterator<Item = &'a str>) -> Self {
        let mut grants = Self::default();
        for scope in scopes {
            if scope == CATALOG {
                grants.catalog = true;
            } else if let Some(grant) = repository(scope) {
                grants.repositories.push(grant);
            }
        }
        grants
    }

    /// Keeps only the actions for which `may` returns `true`.
    pub(super) fn only(mut self, may: impl Fn(&str, Action) -> bool) -> Self {
        for (name, actions) in &mut self.repositories {
            actions.retain(|action| may(name, *action));
        }
        self.repositories.retain(|(_, actions)| !actions.is_empty());
        self
    }

    pub(super) fn allow(&self, repository: &str, action: Action) -> bool {
        self.repositories
            .iter()
            .any(|(name, actions)| name == repository && actions.contains(&action))
    }

    pub(super) fn allow_catalog(&self) -> bool {
        self.catalog
    }

    /// Returns the number of repositories and the total length of their names, which are both limited.
    pub(super) fn len(&self) -> (usize, usize) {
        let names = self.repositories.iter().map(|(name, _)| name.len());
        (self.repositories.len(), names.sum())
    }
}

fn repository(scope: &str) -> Option<(String, Vec<Action>)> {
    let (class, rest) = scope.strip_prefix("repository")?.split_once(':')?;
    let (name, actions) = rest.rsplit_once(':')?;
    let name = repository_name(name).ok()?;
    if !class.is_empty() && !is_class(class) {
        return None;
    }
    let asked: Vec<_> = actions.split(',').collect();
    let granted = Action::ALL
        .into_iter()
        .filter(|action| asked.contains(&"*") || asked.contains(&action.name()));
    Some((name, granted.collect()))
}

/// Whether this is a class of repositories, as in `repository(plugin):…`: letters and digits.
fn is_class(class: &str) -> bool {
    let name = class.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()))
}

impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repositories = self.repositories.iter().map(|(name, actions)| {
            let actions: Vec<_> = actions.iter().map(|action| action.name()).collect();
            format!("repository:{name}:{}", actions.join(","))
        });
        let catalog = self.catalog.then(|| CATALOG.to_owned());
        let scopes: Vec<_> = repositories.chain(catalog).collect();
        f.write_str(&scopes.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Grants};

    #[test]
    fn scopes_are_read_one_by_one() {
        let text =
            "repository:a/b:push,pull,x repository(plugin):c:* registry:catalog:* x:y repository():d:pull";
        let grants = Grants::parse(text.split(' '));
        assert!(!grants.allow("d", Action::Pull));
        assert_eq!(
            grants.to_string(),
            "repository:a/b:pull,push repository:c:pull,push,delete registry:catalog:*"
        );
        assert!(grants.allow("a/b", Action::Push) && !grants.allow("a/b", Action::Delete));
        assert!(grants.allow("c", Action::Delete) && !grants.allow("y", Action::Pull));
        assert!(grants.allow_catalog());
        let only = grants.only(|name, action| name == "c" && action == Action::Pull);
        assert!(
            only.allow("c", Action::Pull)
                && !only.allow("c", Action::Push)
                && !only.allow("a/b", Action::Pull)
        );
    }
}
