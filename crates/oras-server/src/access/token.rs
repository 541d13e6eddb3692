//! Tokens: what a client shows instead of a password, for a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::Method;
use hyper::header::AUTHORIZATION;

use super::basic::{Login, strip_scheme};
use super::challenge::Challenge;
use super::scope::{Grants, document};
use super::{Action, Caller};
use crate::answer::Answer;
use crate::call::Call;
use crate::error::{Code, Failure};
use crate::random::Names;
use crate::registry::{Handled, Registry};
use crate::route::Route;

/// The most tokens that are valid at once, and the most repositories that one covers.
const MAX_TOKENS: usize = 10_000;
const MAX_SCOPES: usize = 100;

/// The tokens that were given out and are valid still.
#[derive(Debug)]
pub(super) struct Tokens {
    lifetime: Duration,
    names: Names,
    valid: Mutex<HashMap<String, Token>>,
}

#[derive(Debug)]
struct Token {
    caller: Caller,
    until: Instant,
}

impl Tokens {
    pub(super) fn new(lifetime: Duration) -> Self {
        Self {
            lifetime,
            names: Names::default(),
            valid: Mutex::default(),
        }
    }

    /// Who bears the token of an `Authorization` header.
    pub(super) fn find(&self, header: &str) -> Option<Caller> {
        let token = strip_scheme(header, "bearer")?;
        let valid = self.valid.lock().unwrap_or_else(PoisonError::into_inner);
        let found = valid.get(token).filter(|token| Instant::now() < token.until)?;
        Some(found.caller.clone())
    }

    #[cfg(feature = "faults")]
    pub(super) fn expire(&self) {
        self.valid.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Gives out a token; `None` while there are too many.
    fn give(&self, of: Caller, grants: Grants) -> Option<String> {
        let now = Instant::now();
        let mut valid = self.valid.lock().unwrap_or_else(PoisonError::into_inner);
        valid.retain(|_, token| now < token.until);
        if valid.len() >= MAX_TOKENS {
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
        valid.insert(name.clone(), token);
        Some(name)
    }
}

/// `GET /token?service=…&scope=…`: exchanges a password, or nothing, for a token.
///
/// A scope that the user may not have is left out, as token servers do: the registry then says what is missing.
pub(crate) async fn give(registry: &Registry, call: &Call) -> Handled {
    let access = &registry.access;
    let (Some(tokens), Some(logins)) = (&access.tokens, &access.logins) else {
        return Err(Failure::new(Code::Unsupported, "there are no tokens here")
            .with_status(hyper::StatusCode::NOT_FOUND));
    };
    if call.method != Method::GET {
        return Err(call.not_allowed("GET"));
    }
    let caller = match call.header(AUTHORIZATION) {
        None => Caller::Anonymous(logins.users().anonymous()),
        Some(header) => {
            let user = match Login::parse(header) {
                Some(login) => logins.find(login).await,
                None => None,
            };
            user.map(Caller::User)
                .ok_or_else(|| Challenge::new(call, Route::Token, Action::Pull, false).unauthorized())?
        }
    };
    let grants = Grants::parse(call.query.all("scope")).only(|name, action| caller.may(name, action));
    if grants.len() > MAX_SCOPES {
        return Err(Failure::new(
            Code::Denied,
            "a token does not cover so many repositories",
        ));
    }
    let token = tokens
        .give(caller, grants)
        .ok_or_else(|| Failure::new(Code::TooManyRequests, "too many tokens are valid"))?;
    Ok(Answer::json(&document(&token, tokens.lifetime)).finish())
}
