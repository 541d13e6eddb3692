//! Logins: verification of names and passwords.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::basic::Login;
use super::hash::Hash;
use super::users::{Password, User, Users};
use crate::random;

/// Maximum number of verified logins in the cache.
const MAX_REMEMBERED: usize = 1024;

/// The users, and a cache of verified logins: hashing a password is slow on purpose, and a client sends the password with
/// every request.
#[derive(Debug)]
pub(super) struct Logins {
    users: Arc<Users>,
    /// Hashed if the user does not exist, so that this takes as long.
    decoy: Option<Hash>,
    /// Limits concurrent hashing to the number of processors: more would only delay the threads for file access.
    turns: Arc<Semaphore>,
    remembered: Mutex<Remembered>,
}

impl Logins {
    pub(super) fn new(users: Arc<Users>) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            decoy: users.highest_cost().map(Hash::decoy),
            users,
            turns: Arc::new(Semaphore::new(processors)),
            remembered: Mutex::new(Remembered::new()),
        }
    }

    /// Returns the users, with the rules for anonymous access.
    pub(super) fn users(&self) -> &Users {
        &self.users
    }

    /// Returns the user, if the password is right.
    pub(super) async fn find(&self, login: Login) -> Option<Arc<User>> {
        let user = self.users.named(&login.name);
        let hash = match user.map(|user| user.password()) {
            Some(Password::Plain(password)) => {
                return user.filter(|_| password.is(&login.password)).cloned();
            }
            Some(Password::Hashed(hash)) => hash,
            None => self.decoy.as_ref()?,
        };
        let mark = self.remembered().mark(&login);
        if self.remembered().contains(&mark) {
            return user.cloned();
        }
        if !self.is_right(hash.clone(), login).await {
            return None;
        }
        let user = user?;
        self.remembered().add(mark);
        Some(Arc::clone(user))
    }

    /// Verifies the hash on a blocking thread, where no request waits for it.
    async fn is_right(&self, hash: Hash, login: Login) -> bool {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.expect("the semaphore is never closed");
        let hashing = tokio::task::spawn_blocking(move || {
            let is_right = hash.is_of(&login.password);
            drop(turn);
            is_right
        });
        hashing.await.unwrap_or(false)
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A keyed hash of a login, useless without the key.
type Mark = [u8; 32];

/// The marks of the most recently verified logins.
struct Remembered {
    key: [u8; 32],
    marks: HashSet<Mark>,
    order: VecDeque<Mark>,
}

impl Remembered {
    fn new() -> Self {
        Self {
            key: random::key(),
            marks: HashSet::new(),
            order: VecDeque::new(),
        }
    }

    fn mark(&self, login: &Login) -> Mark {
        let len = login.name.len() as u64;
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update(len.to_be_bytes());
        hash.update(&login.name);
        hash.update(login.password.expose());
        hash.finalize().into()
    }

    fn contains(&self, mark: &Mark) -> bool {
        self.marks.contains(mark)
    }

    fn add(&mut self, mark: Mark) {
        if !self.marks.insert(mark) {
            return;
        }
        self.order.push_back(mark);
        if self.order.len() > MAX_REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.marks.remove(&oldest);
        }
    }
}

impl std::fmt::Debug for Remembered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remembered")
            .field("logins", &self.marks.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::FutureExt as _;

    use super::{Login, Logins, MAX_REMEMBERED, Remembered};
    use crate::access::secret::Secret;
    use crate::{User, Users};

    fn login(name: &str, password: &str) -> Login {
        Login {
            name: name.to_owned(),
            password: Secret::new(password),
        }
    }

    #[tokio::test]
    async fn a_verified_login_is_not_hashed_again_and_any_other_is() {
        let users = "ann:$2b$04$ABCDEFGHIJKLMNOPQRSTUu5Ei5Kj5Gsa0AB1uBn8MIqK1Rhp7zTWC";
        let users = Users::parse_htpasswd(users).unwrap();
        let logins = Logins::new(Arc::new(users.with_user(User::new("bob", "pw"))));
        assert!(logins.find(login("ann", "pw")).await.is_some());
        assert!(logins.find(login("nobody", "pw")).await.is_none());
        // Nobody gets a turn to hash any more.
        let turns = logins.turns.available_permits();
        let _all = logins.turns.acquire_many(u32::try_from(turns).unwrap()).await;
        for (name, password, found) in [
            ("ann", "pw", Some(true)),
            ("ann", "other", None),
            ("nobody", "pw", None),
            ("bob", "pw", Some(true)),
            ("bob", "other", Some(false)),
        ] {
            let answer = logins.find(login(name, password)).now_or_never();
            assert_eq!(answer.map(|user| user.is_some()), found, "{name}:{password}");
        }
    }

    #[test]
    fn a_mark_is_of_one_login() {
        let remembered = Remembered::new();
        let mark = remembered.mark(&login("ann", "pw"));
        assert_eq!(mark, remembered.mark(&login("ann", "pw")));
        assert_ne!(mark, remembered.mark(&login("annp", "w")));
        assert_ne!(mark, remembered.mark(&login("ann", "pw2")));
        assert_ne!(mark, Remembered::new().mark(&login("ann", "pw")));
    }

    #[test]
    fn only_the_newest_are_remembered() {
        let mut remembered = Remembered::new();
        let marks: Vec<_> = (0..=MAX_REMEMBERED)
            .map(|number| remembered.mark(&login("ann", &number.to_string())))
            .collect();
        for mark in &marks {
            remembered.add(*mark);
            remembered.add(*mark);
        }
        assert!(!remembered.contains(&marks[0]) && remembered.contains(&marks[1]));
        assert_eq!(
            (remembered.marks.len(), remembered.order.len()),
            (MAX_REMEMBERED, MAX_REMEMBERED)
        );
    }
}
