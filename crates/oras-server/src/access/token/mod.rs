//! Tokens: temporary credentials that replace the password.

mod answer;
mod endpoint;
mod options;
mod request;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Caller;
use super::basic::strip_scheme;
use super::scope::Grants;
use super::secret::Secret;
use super::users::User;
use crate::options::ServerOptions;
use crate::random::Names;

pub(crate) use endpoint::give;
pub use options::{TokenField, TokenOptions, TokenPost};

/// Maximum number of valid tokens, separately for users and for anonymous clients, so that anonymous requests cannot keep
/// users from getting tokens.
const MAX_TOKENS: usize = 10_000;
const MAX_ANONYMOUS: usize = 5_000;
/// Maximum number of repositories in a token, and maximum total length of their names.
const MAX_SCOPES: usize = 100;
const MAX_NAMES: usize = 8 * 1024;
/// Maximum number of valid refresh tokens. A further one invalidates the oldest.
const MAX_REFRESH_TOKENS: usize = 1000;
/// Maximum lifetime of a token whose response does not state it.
const UNSAID_LIFETIME: Duration = Duration::from_secs(60);

/// The issued tokens that are still valid. They end with the registry.
pub(super) struct Tokens {
    options: TokenOptions,
    lifetime: Duration,
    names: Names,
    valid: Mutex<Valid>,
}

#[derive(Default)]
struct Valid {
    /// Tokens of users, and anonymous tokens.
    tokens: [HashMap<String, Token>; 2],
    refresh_tokens: VecDeque<(Secret, Arc<User>)>,
}

struct Token {
    caller: Caller,
    until: Instant,
}

impl Tokens {
    pub(super) fn new(options: &ServerOptions) -> Self {
        let lifetime = options.token_lifetime;
        let options = options.token_options.clone();
        Self {
            lifetime: match options.expires_in {
                true => lifetime,
                false => lifetime.min(UNSAID_LIFETIME),
            },
            options,
            names: Names::default(),
            valid: Mutex::default(),
        }
    }

    /// Returns the bearer of the token in an `Authorization` header.
    pub(super) fn find(&self, header: &str) -> Option<Caller> {
        let token = strip_scheme(header, "bearer")?;
        let valid = self.valid();
        let mut all = valid.tokens.iter();
        let found = all
            .find_map(|tokens| tokens.get(token))
            .filter(|token| Instant::now() < token.until)?;
        Some(found.caller.clone())
    }

    /// Invalidates all issued tokens, except refresh tokens.
    pub(super) fn expire(&self) {
        self.valid().tokens.iter_mut().for_each(HashMap::clear);
    }

    /// Issues a token; `None` if there are too many.
    fn give(&self, of: Caller, grants: Grants) -> Option<Secret> {
        let now = Instant::now();
        let [of_users, of_nobody] = &mut self.valid().tokens;
        let (tokens, limit) = match of {
            Caller::Anonymous(_) => (of_nobody, MAX_ANONYMOUS),
            _ => (of_users, MAX_TOKENS),
        };
        if tokens.len() >= limit {
            tokens.retain(|_, token| now < token.until);
        }
        if tokens.len() >= limit {
            return None;
        }
        let name = self.names.next();
        let token = Token {
            caller: Caller::Bearer {
                of: Box::new(of),
                grants,
            },
            until: now + self.lifetime,
        };
        tokens.insert(name.clone(), token);
        Some(Secret::new(name))
    }

    /// Issues a refresh token.
    fn give_refresh(&self, user: &Arc<User>) -> Secret {
        let token = Secret::new(self.names.next());
        let refresh_tokens = &mut self.valid().refresh_tokens;
        refresh_tokens.push_back((token.clone(), Arc::clone(user)));
        if refresh_tokens.len() > MAX_REFRESH_TOKENS {
            refresh_tokens.pop_front();
        }
        token
    }

    /// Returns the user of a refresh token.
    fn refreshed(&self, token: &Secret) -> Option<Arc<User>> {
        let valid = self.valid();
        let mut all = valid.refresh_tokens.iter();
        let (_, user) = all.find(|(valid, _)| valid.is(token))?;
        Some(Arc::clone(user))
    }

    fn valid(&self) -> MutexGuard<'_, Valid> {
        self.valid.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("options", &self.options)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Caller, Grants, MAX_ANONYMOUS, MAX_REFRESH_TOKENS, MAX_TOKENS, Tokens};
    use crate::{Permission, ServerOptions, User};

    #[test]
    fn whoever_has_no_name_keeps_no_user_from_a_token() {
        let tokens = Tokens::new(&ServerOptions::default());
        let nobody = || tokens.give(Caller::Anonymous(Permission::Pull), Grants::default());
        let ann = Arc::new(User::new("ann", "pw"));
        let user = || tokens.give(Caller::User(Arc::clone(&ann)), Grants::default());
        let given = (0..MAX_TOKENS).filter_map(|_| nobody()).count();
        assert_eq!(given, MAX_ANONYMOUS);
        let given = (0..=MAX_TOKENS).filter_map(|_| user()).count();
        assert_eq!(given, MAX_TOKENS);
    }

    #[test]
    fn one_refresh_token_too_many_ends_the_oldest() {
        let tokens = Tokens::new(&ServerOptions::default());
        let user = Arc::new(User::new("ann", "pw"));
        let given: Vec<_> = (0..=MAX_REFRESH_TOKENS)
            .map(|_| tokens.give_refresh(&user))
            .collect();
        assert!(tokens.refreshed(&given[0]).is_none());
        for token in &given[1..] {
            assert_eq!(tokens.refreshed(token).unwrap().name(), "ann");
        }
    }
}
