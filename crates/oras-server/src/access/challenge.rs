//! Challenges: how a client is told to say who it is.

use hyper::header::{HOST, HeaderValue, WWW_AUTHENTICATE};
use oras_content::check_registry_name;

use super::Action;
use crate::call::Call;
use crate::error::{Code, Failure};
use crate::route::Route;

/// The challenge of Basic authentication.
pub(super) const BASIC: &str = "Basic realm=\"oras-server\"";

/// What a client has to show for a call.
pub(super) struct Challenge {
    text: String,
}

impl Challenge {
    pub(super) fn new(call: &Call, route: Route, action: Action, is_bearer: bool) -> Self {
        let text = match is_bearer {
            false => BASIC.to_owned(),
            true => bearer(call, route, action),
        };
        Self { text }
    }

    /// Nobody known is asking.
    pub(super) fn unauthorized(&self) -> Failure {
        failure("a login is needed", self.text.clone())
    }

    /// Somebody known is asking with a token that was given out for something else.
    pub(super) fn insufficient_scope(&self) -> Failure {
        let text = format!("{},error=\"insufficient_scope\"", self.text);
        failure("the token does not cover this", text)
    }
}

fn failure(message: &str, text: String) -> Failure {
    let value = HeaderValue::try_from(text).expect("hosts, repository names and actions are plain text");
    Failure::new(Code::Unauthorized, message).with_header(WWW_AUTHENTICATE, value)
}

fn bearer(call: &Call, route: Route, action: Action) -> String {
    let host = host(call);
    let realm = format!("Bearer realm=\"http://{host}/token\",service=\"{host}\"");
    let actions = match action {
        Action::Pull => "pull",
        Action::Push => "pull,push",
        Action::Delete => "delete",
    };
    match (route, call.repository.as_str()) {
        (Route::Catalog, _) => format!("{realm},scope=\"registry:catalog:*\""),
        (_, "") => realm,
        (_, name) => format!("{realm},scope=\"repository:{name}:{actions}\""),
    }
}

/// The name under which the client knows this registry, where it is a name.
fn host(call: &Call) -> String {
    let authority = call.uri.authority().map(|authority| authority.as_str());
    let host = call.header(HOST).or(authority).unwrap_or_default();
    match check_registry_name(host) {
        Ok(()) => host.to_owned(),
        Err(_) => "localhost".to_owned(),
    }
}
