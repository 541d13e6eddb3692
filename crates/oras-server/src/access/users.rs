//! Users: names, passwords, and permissions by repository.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::hash::Hash;
use super::secret::Secret;
use super::{Action, htpasswd};
use crate::Error;

/// The permission for a repository; each level includes the previous ones.
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

/// A user of a registry. Without rules, a user may do everything.
#[derive(Clone)]
pub struct User {
    name: String,
    password: Password,
    rules: Vec<(String, Permission)>,
}

/// The stored form of a password.
#[derive(Clone)]
pub(super) enum Password {
    Plain(Secret),
    Hashed(Hash),
}

impl User {
    /// Creates a user who may do everything in every repository.
    pub fn new(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self::of(name.into(), Password::Plain(Secret::new(password.into())))
    }

    pub(super) fn hashed(name: &str, hash: Hash) -> Self {
        Self::of(name.to_owned(), Password::Hashed(hash))
    }

    fn of(name: String, password: Password) -> Self {
        Self {
            name,
            password,
            rules: Vec::new(),
        }
    }

    /// Returns the user's login name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds a rule.
    ///
    /// `repositories` is the name of a repository, a name with `/*` for all below it, or `*` for all. The last matching rule
    /// decides.
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

    pub(super) fn password(&self) -> &Password {
        &self.password
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

/// The users of a registry, and the permissions of anonymous clients.
#[derive(Clone, Debug, Default)]
pub struct Users {
    users: Vec<Arc<User>>,
    anonymous: Permission,
}

impl Users {
    /// Creates an empty set: nobody may do anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the users of an htpasswd file, who may do everything. Passwords must be hashed with bcrypt, as by
    /// `htpasswd -B`, at a cost of at most 14.
    ///
    /// The file is read once, at most 1 MiB. Empty lines and lines that start with `#` are ignored.
    ///
    /// ```no_run
    /// use oras_server::{Permission, Users};
    ///
    /// let users = Users::from_htpasswd("users.htpasswd")?.with_rules(|user| match user.name() {
    ///     "root" => user,
    ///     _ => user.with_rule("*", Permission::Pull),
    /// });
    /// # drop(users);
    /// # Ok::<_, oras_server::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Users`]: the file cannot be read, or has an unusable line.
    pub fn from_htpasswd(path: impl AsRef<Path>) -> Result<Self, Error> {
        htpasswd::read(path.as_ref())
    }

    /// Like [`from_htpasswd`](Self::from_htpasswd), for the text of such a file.
    ///
    /// # Errors
    ///
    /// [`Error::Users`]: a line is unusable.
    pub fn parse_htpasswd(text: &str) -> Result<Self, Error> {
        htpasswd::parse(text, "the htpasswd text")
    }

    /// Replaces each user by the result of `rules`.
    #[must_use]
    pub fn with_rules(self, rules: impl Fn(User) -> User) -> Self {
        let changed = |user| Arc::new(rules(Arc::unwrap_or_clone(user)));
        Self {
            users: self.users.into_iter().map(changed).collect(),
            ..self
        }
    }

    /// Adds a user.
    #[must_use]
    pub fn with_user(mut self, user: User) -> Self {
        self.users.push(Arc::new(user));
        self
    }

    /// Sets the permission of anonymous clients; none by default.
    #[must_use]
    pub fn with_anonymous(mut self, permission: Permission) -> Self {
        self.anonymous = permission;
        self
    }

    pub(crate) fn anonymous(&self) -> Permission {
        self.anonymous
    }

    /// Returns the user of this name.
    pub(super) fn named(&self, name: &str) -> Option<&Arc<User>> {
        self.users.iter().find(|user| user.name == name)
    }

    /// Returns the highest cost of all hashes.
    pub(super) fn highest_cost(&self) -> Option<u32> {
        let costs = self.users.iter().filter_map(|user| match &user.password {
            Password::Plain(_) => None,
            Password::Hashed(hash) => Some(hash.cost()),
        });
        costs.max()
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
