//! The token endpoint: `/token`.

use std::sync::Arc;

use hyper::{Method, Response, StatusCode};

use super::answer::{Granted, Refusal};
use super::options::TokenPost;
use super::request::{Identity, Request};
use super::{MAX_NAMES, MAX_SCOPES, Tokens};
use crate::access::logins::Logins;
use crate::access::scope::Grants;
use crate::access::secret::Secret;
use crate::access::users::User;
use crate::access::{Access, Caller};
use crate::body::Body;
use crate::call::Call;
use crate::error::{Code, Failure};
use crate::registry::Handled;

/// Handles `GET` or `POST /token`: exchanges a password, a refresh token or nothing for a token.
///
/// As in other token servers, scopes that the user may not have are left out: the registry then reports what is missing.
pub(crate) async fn give(access: &Access, call: &mut Call) -> Handled {
    let (Some(tokens), Some(logins)) = (&access.tokens, &access.logins) else {
        return Err(not_here());
    };
    let answer = match (&call.method, tokens.options.post) {
        (&Method::GET, _) => match Request::of_query(call) {
            Ok(request) => grant(tokens, logins, request).await,
            Err(refusal) => Err(refusal),
        },
        (&Method::POST, TokenPost::Supported) => match Request::of_form(call).await {
            Ok(request) => grant(tokens, logins, request).await,
            Err(refusal) => Err(refusal),
        },
        (&Method::POST, TokenPost::NotFound) => return Err(not_here()),
        (_, TokenPost::Supported) => return Err(call.not_allowed("GET, POST")),
        _ => return Err(call.not_allowed("GET")),
    };
    Ok(answer.unwrap_or_else(Refusal::into_answer))
}

async fn grant(tokens: &Tokens, logins: &Logins, request: Request) -> Result<Response<Body>, Refusal> {
    let Identified {
        caller,
        user,
        refresh,
    } = identify(tokens, logins, request.identity).await?;
    // Many clients write a space as a plus sign, and no scope contains one.
    let scopes = request.scopes.iter().flat_map(|scopes| scopes.split([' ', '+']));
    let scopes = scopes.filter(|scope| !scope.is_empty());
    let honoured = match tokens.options.first_scope_only {
        true => 1,
        false => usize::MAX,
    };
    let grants = Grants::parse(scopes.take(honoured)).only(|name, action| caller.may(name, action));
    let (repositories, len) = grants.len();
    if repositories > MAX_SCOPES || len > MAX_NAMES {
        return Err(Refusal::scope());
    }
    let scope = request.is_form.then(|| grants.to_string());
    let token = tokens.give(caller, grants).ok_or_else(too_many)?;
    let wanted = user.filter(|_| request.offline && tokens.options.refresh_tokens);
    let granted = Granted {
        token,
        refresh_token: refresh.or_else(|| wanted.map(|user| tokens.give_refresh(&user))),
        lifetime: tokens.lifetime,
        scope,
    };
    Ok(granted.into_answer(&tokens.options))
}

/// The authenticated requester of a token.
struct Identified {
    caller: Caller,
    user: Option<Arc<User>>,
    /// The refresh token that was sent, which stays valid.
    refresh: Option<Secret>,
}

async fn identify(tokens: &Tokens, logins: &Logins, identity: Identity) -> Result<Identified, Refusal> {
    let (user, refresh) = match identity {
        Identity::Nobody => {
            return Ok(Identified {
                caller: Caller::Anonymous(logins.users().anonymous()),
                user: None,
                refresh: None,
            });
        }
        Identity::User(login) => (logins.find(login).await, None),
        Identity::Refresh(token) => (tokens.refreshed(&token), Some(token)),
        Identity::Unreadable => (None, None),
    };
    let user = user.ok_or_else(Refusal::grant)?;
    Ok(Identified {
        caller: Caller::User(Arc::clone(&user)),
        user: Some(user),
        refresh,
    })
}

fn too_many() -> Refusal {
    let failure = Failure::new(Code::TooManyRequests, "too many tokens are valid");
    Refusal::Other(failure)
}

fn not_here() -> Failure {
    Failure::new(Code::Unsupported, "there are no tokens here").with_status(StatusCode::NOT_FOUND)
}
