//! Users: names, passwords, and what each may do to which repositories.

use std::fmt;
use std::sync::Arc;

use super::Action;
use super::basic::Login;

/// How much may be done to a repository; each step includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Permission {
    /// Nothing.
    #[default]
    None,
    /// Read.
    Pull,
    /// Read and write.
    Push,
    /// Read, write and delete.
    Delete,
}

impl Permission {
    pub(crate) fn allows(self, action: Action) -> bool {
        self >= match action {
            Action::Pull => Self::Pull,
            Action::Push => Self::Push,
            Action::Delete => Self::Delete,
        }
    }
}

/// A user of a registry, who may do everything unless a rule says otherwise.
#[derive(Clone)]
pub struct User {
    name: String,
    password: String,
    rules: Vec<(String, Permission)>,
}

impl User {
    /// A user who may do everything to every repository.
    pub fn new(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            password: password.into(),
            rules: Vec::new(),
        }
    }

    /// The same user with one more rule.
    ///
    /// `repositories` is the name of a repository, or a name and `/*` for all below it, or `*` for all. The last
    /// rule that fits decides.
    ///
    /// ```
    /// use oras_server::{Permission, User};
    ///
    /// let user = User::new("ci", "secret")
    ///     .with_rule("*", Permission::Pull)
    ///     .with_rule("team/*", Permission::Push);
    /// # drop(user);
    /// ```
    #[must_use]
    pub fn with_rule(mut self, repositories: impl Into<String>, permission: Permission) -> Self {
        self.rules.push((repositories.into(), permission));
        self
    }

    pub(crate) fn permission(&self, repository: &str) -> Permission {
        let fitting = self
            .rules
            .iter()
            .rev()
            .find(|(pattern, _)| fits(pattern, repository));
        fitting.map_or(Permission::Delete, |(_, permission)| *permission)
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// The users of a registry, and what may be done without being one.
#[derive(Clone, Debug, Default)]
pub struct Users {
    users: Vec<Arc<User>>,
    anonymous: Permission,
}

impl Users {
    /// Nobody may do anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same users and one more.
    #[must_use]
    pub fn with_user(mut self, user: User) -> Self {
        self.users.push(Arc::new(user));
        self
    }

    /// What may be done without a name; nothing by default.
    #[must_use]
    pub fn with_anonymous(mut self, permission: Permission) -> Self {
        self.anonymous = permission;
        self
    }

    pub(crate) fn anonymous(&self) -> Permission {
        self.anonymous
    }

    /// The user who logs in with their own password.
    pub(crate) fn find(&self, login: &Login) -> Option<Arc<User>> {
        let user = self.users.iter().find(|user| user.name == login.name)?;
        is_equal(user.password.as_bytes(), login.password.as_bytes()).then(|| Arc::clone(user))
    }
}

fn fits(pattern: &str, repository: &str) -> bool {
    match pattern.strip_suffix("/*") {
        Some(parent) => repository
            .strip_prefix(parent)
            .is_some_and(|below| below.starts_with('/')),
        None => pattern == "*" || pattern == repository,
    }
}

/// Compares secrets without saying by the time it takes how much of them is right.
fn is_equal(one: &[u8], other: &[u8]) -> bool {
    let difference = one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use super::{Permission, User};

    #[test]
    fn the_last_rule_that_fits_decides() {
        let user = User::new("ci", "x")
            .with_rule("*", Permission::Pull)
            .with_rule("team/*", Permission::Push)
            .with_rule("team/secret", Permission::None);
        assert_eq!(user.permission("other"), Permission::Pull);
        assert_eq!(user.permission("team/app"), Permission::Push);
        assert_eq!(user.permission("team/secret"), Permission::None);
        assert_eq!(user.permission("team"), Permission::Pull);
        assert_eq!(user.permission("teams/app"), Permission::Pull);
        assert_eq!(User::new("a", "b").permission("x"), Permission::Delete);
    }
}
