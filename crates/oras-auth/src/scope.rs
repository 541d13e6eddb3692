//! `Scopes`: the permissions of a token.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// An action on a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Read.
    Pull,
    /// Write.
    Push,
    /// Delete.
    Delete,
    /// Everything.
    All,
}

impl Action {
    /// Returns the text form in a scope.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Delete => "delete",
            Self::All => ANY,
        }
    }

    fn of(text: &str) -> Option<Self> {
        let all = [Self::Pull, Self::Push, Self::Delete, Self::All];
        all.into_iter().find(|action| action.as_str() == text)
    }
}

const ANY: &str = "*";

/// The type of scopes for repositories.
const REPOSITORY: &str = "repository";

/// A set of scopes, such as `repository:library/alpine:pull`, in normal form.
///
/// In the extensions of a request, it tells [`AuthLayer`](crate::AuthLayer) what the request needs. Scopes of the same
/// resource are merged, `*` absorbs other actions, a scope without actions is dropped, and text in an unknown form is
/// kept as it is. The text form is sorted, so that equal sets have equal text.
///
/// The credential is looked up for the first repository with an action other than `pull`, or else for the first one.
///
/// Spec: distribution, "Token Scope Documentation", "Resource Scope Grammar".
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scopes {
    resources: BTreeMap<(String, String), BTreeSet<String>>,
    opaque: BTreeSet<String>,
}

impl Scopes {
    /// Creates an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the scope for actions on one repository.
    pub fn repository(name: &str, actions: &[Action]) -> Self {
        let mut scopes = Self::new();
        scopes.add(REPOSITORY, name, actions.iter().map(|action| action.as_str()));
        scopes
    }

    /// Returns the scope for listing the repositories of a registry.
    pub fn catalog() -> Self {
        let mut scopes = Self::new();
        scopes.add("registry", "catalog", [ANY]);
        scopes
    }

    /// Parses scopes separated by spaces, as in challenges. Never fails: text in an unknown form is kept, see [`Self`].
    pub fn parse(text: &str) -> Self {
        let mut scopes = Self::new();
        for scope in text.split_ascii_whitespace() {
            match split(scope) {
                Some((kind, name, actions)) => scopes.add(kind, name, actions.split(',')),
                None => {
                    scopes.opaque.insert(scope.to_owned());
                }
            }
        }
        scopes
    }

    /// Returns the union of both sets.
    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        for ((kind, name), actions) in &other.resources {
            self.add(kind, name, actions.iter().map(String::as_str));
        }
        self.opaque.extend(other.opaque.iter().cloned());
        self
    }

    /// Returns `true` if a token for these scopes permits everything that one for `other` does.
    pub fn is_superset_of(&self, other: &Self) -> bool {
        other.opaque.is_subset(&self.opaque)
            && other.resources.iter().all(|(resource, wanted)| {
                self.resources
                    .get(resource)
                    .is_some_and(|held| held.contains(ANY) || wanted.is_subset(held))
            })
    }

    /// The repository that a request with these scopes is about, and its actions: the first one that is changed, else
    /// the first one. A mount reads one repository and changes another.
    pub(crate) fn main_repository(&self) -> Option<(&str, Vec<Action>)> {
        let changes =
            |actions: &BTreeSet<String>| actions.iter().any(|action| action != Action::Pull.as_str());
        let mut all = self.resources.iter().filter(|((kind, _), _)| kind == REPOSITORY);
        let changed = all.clone().find(|(_, actions)| changes(actions));
        let ((_, name), actions) = changed.or_else(|| all.next())?;
        Some((
            name,
            actions.iter().filter_map(|action| Action::of(action)).collect(),
        ))
    }

    /// Returns `true` if the set is empty.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.opaque.is_empty()
    }

    /// Returns each scope as text, sorted.
    pub fn iter(&self) -> impl Iterator<Item = String> {
        let known = self.resources.iter().map(|((kind, name), actions)| {
            let actions: Vec<_> = actions.iter().map(String::as_str).collect();
            format!("{kind}:{name}:{}", actions.join(","))
        });
        known.chain(self.opaque.iter().cloned())
    }

    fn add<'a>(&mut self, kind: &str, name: &str, actions: impl IntoIterator<Item = &'a str>) {
        let mut actions = actions.into_iter().filter(|action| !action.is_empty()).peekable();
        if actions.peek().is_none() {
            return;
        }
        let held = self
            .resources
            .entry((kind.to_owned(), name.to_owned()))
            .or_default();
        held.extend(actions.map(str::to_owned));
        if held.contains(ANY) {
            held.retain(|action| action == ANY);
        }
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(&scope)?;
        }
        Ok(())
    }
}

/// Splits `type:name:actions`. The name may contain colons.
fn split(scope: &str) -> Option<(&str, &str, &str)> {
    let (kind, rest) = scope.split_once(':')?;
    let (name, actions) = rest.rsplit_once(':')?;
    (!kind.is_empty() && !name.is_empty()).then_some((kind, name, actions))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        Scopes::parse(text).to_string()
    }

    #[test]
    fn one_resource_gives_one_sorted_scope() {
        assert_eq!(
            normal("repository:b:push,pull repository:a:pull repository:b:delete"),
            "repository:a:pull repository:b:delete,pull,push"
        );
        assert_eq!(
            normal("repository:host:5000/a:pull"),
            "repository:host:5000/a:pull"
        );
    }

    #[test]
    fn the_star_absorbs_other_actions() {
        assert_eq!(normal("repository:a:pull,*,push"), "repository:a:*");
        let all = Scopes::repository("a", &[Action::All]);
        assert!(all.is_superset_of(&Scopes::repository("a", &[Action::Pull, Action::Delete])));
    }

    #[test]
    fn unknown_text_stays_and_empty_actions_go() {
        assert_eq!(normal("* :any aws repository:a: repository:b:,"), "* :any aws");
    }

    #[test]
    fn supersets_are_told() {
        let wide = Scopes::parse("repository:a:pull,push repository:b:pull x");
        assert!(wide.is_superset_of(&Scopes::parse("repository:a:push x")));
        assert!(wide.is_superset_of(&Scopes::new()));
        assert!(!wide.is_superset_of(&Scopes::parse("repository:b:push")));
        assert!(!wide.is_superset_of(&Scopes::parse("y")));
        assert!(!Scopes::new().is_superset_of(&Scopes::catalog()));
    }

    #[test]
    fn a_mount_is_about_the_repository_it_changes() {
        for (scopes, expected) in [
            (
                "repository:a:pull repository:b:pull,push",
                Some(("b", vec![Action::Pull, Action::Push])),
            ),
            (
                "repository:b:pull repository:a:pull",
                Some(("a", vec![Action::Pull])),
            ),
            ("repository:a:delete,odd", Some(("a", vec![Action::Delete]))),
            ("registry:catalog:*", None),
        ] {
            assert_eq!(Scopes::parse(scopes).main_repository(), expected, "{scopes}");
        }
    }

    #[test]
    fn a_union_takes_from_both() {
        let union = Scopes::repository("a", &[Action::Pull]).union(&Scopes::parse("repository:a:push z"));
        assert_eq!(union.to_string(), "repository:a:pull,push z");
    }
}
