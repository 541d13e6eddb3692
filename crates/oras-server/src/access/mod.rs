//! Access: authentication and authorisation.

mod basic;
mod challenge;
mod hash;
mod htpasswd;
mod logins;
mod scope;
mod secret;
mod token;
mod users;

use std::sync::Arc;

use hyper::header::AUTHORIZATION;
use hyper::{HeaderMap, Method};

use crate::call::Call;
use crate::error::{Code, Failure, Result};
use crate::options::ServerOptions;
use crate::origin::{Origin, Origins};
use crate::route::Route;

pub use challenge::{Challenges, Scheme, TokenRealm};
pub use token::{TokenField, TokenOptions, TokenPost};
pub use users::{Permission, User, Users};

use basic::Login;
use challenge::{Challenge, Style};
use logins::Logins;
use scope::Grants;
#[cfg(feature = "self-signed")]
pub(crate) use secret::Secret;
use token::Tokens;
pub(crate) use token::give;

/// An action on a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Pull,
    Push,
    Delete,
}

impl Action {
    pub(crate) const ALL: [Self; 3] = [Self::Pull, Self::Push, Self::Delete];

    /// Returns the action's name in scopes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Delete => "delete",
        }
    }

    /// Returns the action of a request. Everything about an upload is a push.
    pub(crate) fn of(method: &Method, route: Route) -> Self {
        match (method, route) {
            (_, Route::Upload | Route::Uploads) => Self::Push,
            (&Method::GET | &Method::HEAD, _) => Self::Pull,
            (&Method::DELETE, _) => Self::Delete,
            _ => Self::Push,
        }
    }
}

/// The rules of access to a registry.
#[derive(Debug)]
pub(crate) struct Access {
    logins: Option<Logins>,
    tokens: Option<Tokens>,
    style: Style,
}

/// The authenticated sender of a request.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// Anybody, if no users are configured.
    Anyone,
    /// A client that gave no name.
    Anonymous(Permission),
    /// A user with their password.
    User(Arc<User>),
    /// The bearer of a token, which grants part of the user's permissions.
    Bearer { of: Box<Self>, grants: Grants },
}

impl Access {
    pub(crate) fn new(options: &ServerOptions) -> Self {
        let users = options.users.clone().map(Arc::new);
        let with_tokens = options.tokens && users.is_some();
        Self {
            tokens: with_tokens.then(|| Tokens::new(options)),
            logins: users.map(Logins::new),
            style: Style::new(options),
        }
    }

    /// Whether everybody may do everything.
    pub(crate) fn is_open(&self) -> bool {
        self.logins.is_none()
    }

    /// Returns the origin at which tokens are issued.
    pub(crate) fn token_origin(&self, origins: &Origins) -> Origin {
        self.style.realm().origin(origins)
    }

    /// Authenticates the sender, and checks that they may act on the call's repository or, if there is none, access the
    /// registry at all.
    pub(crate) async fn check(&self, call: &Call, route: Route, origins: &Origins) -> Result<Caller> {
        let action = Action::of(&call.method, route);
        let Some(logins) = &self.logins else {
            return Ok(Caller::Anyone);
        };
        let challenge = Challenge::new(&self.style, call, route, action, origins);
        let caller = self.identify(logins, &call.headers, &challenge).await?;
        let repository = call.repository.as_str();
        let allowed = match (route, repository) {
            (Route::Base, _) => caller.is_welcome(),
            (_, "") => caller.may_list(),
            _ => caller.may(repository, action),
        };
        match &caller {
            _ if allowed => Ok(caller),
            Caller::Bearer { of, .. } if of.is_anonymous() || of.may(repository, action) => {
                Err(challenge.insufficient_scope())
            }
            Caller::Anonymous(_) => Err(challenge.unauthorized()),
            _ => Err(Failure::new(Code::Denied, "you may not do this here")),
        }
    }

    /// Returns the failure for a call that is treated as unauthenticated.
    pub(crate) fn refuse(&self, call: &Call, route: Route, origins: &Origins) -> Failure {
        let action = Action::of(&call.method, route);
        Challenge::new(&self.style, call, route, action, origins).unauthorized()
    }

    /// Makes all tokens invalid.
    pub(crate) fn expire_tokens(&self) {
        if let Some(tokens) = &self.tokens {
            tokens.expire();
        }
    }

    async fn identify(
        &self,
        logins: &Logins,
        headers: &HeaderMap,
        challenge: &Challenge<'_>,
    ) -> Result<Caller> {
        let mut shown = headers.get_all(AUTHORIZATION).iter();
        let Some(header) = shown.next() else {
            // If tokens are enabled, anonymous clients need one, too.
            let permission = match self.tokens {
                Some(_) => Permission::None,
                None => logins.users().anonymous(),
            };
            return Ok(Caller::Anonymous(permission));
        };
        let text = header.to_str().unwrap_or_default();
        let known = match (&self.tokens, Login::parse(text)) {
            // Two credentials are an error, because another server might use the other one.
            _ if shown.next().is_some() => None,
            (_, Some(login)) if self.style.takes(Scheme::Basic) => logins.find(login).await.map(Caller::User),
            (Some(tokens), None) => tokens.find(text),
            _ => None,
        };
        known.ok_or_else(|| challenge.unauthorized())
    }
}

impl Caller {
    /// Whether the caller may do this.
    pub(crate) fn may(&self, repository: &str, action: Action) -> bool {
        match self {
            Self::Anyone => true,
            Self::Anonymous(permission) => permission.allows(action),
            Self::User(user) => user.permission(repository).allows(action),
            Self::Bearer { of, grants } => grants.allow(repository, action) && of.may(repository, action),
        }
    }

    fn is_anonymous(&self) -> bool {
        matches!(self, Self::Anonymous(_))
    }

    /// Whether the caller may learn that this is a registry.
    fn is_welcome(&self) -> bool {
        !matches!(self, Self::Anonymous(Permission::None))
    }

    /// Whether the caller may list repositories; those that they may not pull are left out.
    pub(crate) fn may_list(&self) -> bool {
        match self {
            Self::Anyone | Self::User(_) => true,
            Self::Anonymous(permission) => *permission >= Permission::Pull,
            Self::Bearer { of, grants } => grants.allow_catalog() && of.may_list(),
        }
    }

    /// Whether the caller may learn that a repository exists.
    pub(crate) fn may_see(&self, repository: &str) -> bool {
        match self {
            Self::Bearer { of, .. } => of.may_see(repository),
            _ => self.may(repository, Action::Pull),
        }
    }
}
