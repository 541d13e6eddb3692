//! Scopes: what a token is asked for, and what it grants.

use serde_json::{Value, json};

use super::Action;

/// What a token grants: actions by repository, and perhaps the catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grants {
    repositories: Vec<(String, Vec<Action>)>,
    catalog: bool,
}

impl Grants {
    /// Reads scopes, `repository:NAME:ACTION,…`, several of them separated by spaces. What cannot be read grants
    /// nothing.
    pub(super) fn parse<'a>(scopes: impl Iterator<Item = &'a str>) -> Self {
        let mut grants = Self::default();
        for scope in scopes.flat_map(str::split_whitespace) {
            if scope == "registry:catalog:*" {
                grants.catalog = true;
            } else if let Some(grant) = repository(scope) {
                grants.repositories.push(grant);
            }
        }
        grants
    }

    /// Only what `may` is true for.
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

    /// How much there is, for a limit on it.
    pub(super) fn len(&self) -> usize {
        self.repositories.len()
    }
}

fn repository(scope: &str) -> Option<(String, Vec<Action>)> {
    let (name, actions) = scope.strip_prefix("repository:")?.rsplit_once(':')?;
    let mut granted = Vec::new();
    for action in actions.split(',') {
        match action {
            "pull" => granted.push(Action::Pull),
            "push" => granted.push(Action::Push),
            "delete" => granted.push(Action::Delete),
            "*" => granted.extend([Action::Pull, Action::Push, Action::Delete]),
            _ => {}
        }
    }
    Some((name.to_owned(), granted))
}

/// The answer that hands over a token.
pub(super) fn document(token: &str, lifetime: std::time::Duration) -> Value {
    json!({ "token": token, "access_token": token, "expires_in": lifetime.as_secs() })
}

#[cfg(test)]
mod tests {
    use super::{Action, Grants};

    #[test]
    fn scopes_are_read_one_by_one() {
        let grants = Grants::parse(
            [
                "repository:a/b:pull,push repository:c:*",
                "registry:catalog:*",
                "x:y",
            ]
            .into_iter(),
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
