//! Challenges: how clients are asked to authenticate.

use hyper::header::{HOST, HeaderValue, WWW_AUTHENTICATE};
use oras_content::check_registry_name;

use super::Action;
use crate::call::Call;
use crate::error::{Code, Failure};
use crate::options::ServerOptions;
use crate::origin::{Origin, Origins};
use crate::route::{Route, repository_name};

/// The challenge of Basic authentication.
pub(super) const BASIC: &str = "Basic realm=\"oras-server\"";

/// An authentication scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// A password.
    Basic,
    /// A token.
    Bearer,
}

/// The challenges in a 401 response, and so the schemes by which a client may log in. Variants about tokens have no effect
/// without [tokens](crate::ServerOptions::with_tokens).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Challenges {
    /// One: Bearer if tokens are enabled, otherwise Basic.
    #[default]
    One,
    /// Both, each in its own header, starting with this one.
    Both(Scheme),
    /// Both in one header, starting with this one.
    Joined(Scheme),
}

/// The address of the token endpoint in a challenge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenRealm {
    /// The registry's own, in full: `http://`, the registry's name as the client knows it, and `/token`.
    #[default]
    Absolute,
    /// The registry's own, without scheme and name: `/token`.
    Relative,
    /// That of the [second origin](crate::ServerOptions::with_second_origin), in full. Tokens are then issued there and no
    /// longer at the registry itself.
    SecondOrigin,
    /// This text, whatever it is. Tokens are issued at the registry.
    Text(String),
}

impl TokenRealm {
    /// Returns the origin at which tokens are issued.
    pub(super) fn origin(&self, origins: &Origins) -> Origin {
        match self {
            Self::SecondOrigin if origins.root(Origin::Second).is_some() => Origin::Second,
            _ => Origin::First,
        }
    }
}

/// The form of challenges.
#[derive(Debug)]
pub(super) struct Style {
    challenges: Challenges,
    with_tokens: bool,
    realm: TokenRealm,
}

impl Style {
    pub(super) fn new(options: &ServerOptions) -> Self {
        Self {
            challenges: options.challenges,
            with_tokens: options.tokens,
            realm: options.token_realm.clone(),
        }
    }

    pub(super) fn realm(&self) -> &TokenRealm {
        &self.realm
    }

    /// Whether a client may log in by this scheme.
    pub(super) fn takes(&self, scheme: Scheme) -> bool {
        self.schemes().contains(&Some(scheme))
    }

    fn schemes(&self) -> [Option<Scheme>; 2] {
        match self.challenges {
            _ if !self.with_tokens => [Some(Scheme::Basic), None],
            Challenges::One => [Some(Scheme::Bearer), None],
            Challenges::Both(Scheme::Basic) | Challenges::Joined(Scheme::Basic) => {
                [Some(Scheme::Basic), Some(Scheme::Bearer)]
            }
            Challenges::Both(Scheme::Bearer) | Challenges::Joined(Scheme::Bearer) => {
                [Some(Scheme::Bearer), Some(Scheme::Basic)]
            }
        }
    }
}

/// The credentials that a call requires.
pub(super) struct Challenge<'a> {
    style: &'a Style,
    bearer: String,
}

impl<'a> Challenge<'a> {
    pub(super) fn new(
        style: &'a Style,
        call: &Call,
        route: Route,
        action: Action,
        origins: &Origins,
    ) -> Self {
        let host = host(call);
        let realm = match &style.realm {
            TokenRealm::Relative => "/token".to_owned(),
            TokenRealm::Text(text) => text.clone(),
            TokenRealm::SecondOrigin | TokenRealm::Absolute => match origins.root(Origin::Second) {
                Some(root) if style.realm == TokenRealm::SecondOrigin => format!("{root}/token"),
                _ => format!("{}://{host}/token", origins.scheme()),
            },
        };
        let scope = scope(call, route, action);
        let bearer = format!("Bearer realm=\"{realm}\",service=\"{host}\"{scope}");
        Self { style, bearer }
    }

    /// The failure of a call without a known user.
    pub(super) fn unauthorized(&self) -> Failure {
        self.failure("a login is needed", "")
    }

    /// The failure of a call whose token does not cover it.
    pub(super) fn insufficient_scope(&self) -> Failure {
        self.failure("the token does not cover this", ",error=\"insufficient_scope\"")
    }

    /// Builds the failure; `error` is the `error` parameter of the Bearer challenge.
    fn failure(&self, message: &str, error: &str) -> Failure {
        let text = |scheme| match scheme {
            Scheme::Basic => BASIC.to_owned(),
            Scheme::Bearer => format!("{}{error}", self.bearer),
        };
        let texts: Vec<_> = self.style.schemes().into_iter().flatten().map(text).collect();
        let texts = match self.style.challenges {
            Challenges::Joined(_) => vec![texts.join(", ")],
            _ => texts,
        };
        let failure = Failure::new(Code::Unauthorized, message);
        texts.into_iter().fold(failure, |failure, text| {
            let value = HeaderValue::try_from(text).expect("hosts, names, actions and realms are plain text");
            failure.with_header(WWW_AUTHENTICATE, value)
        })
    }
}

/// Returns the scope that a call requires, as part of a challenge.
fn scope(call: &Call, route: Route, action: Action) -> String {
    let actions = match action {
        Action::Pull => "pull",
        Action::Push => "pull,push",
        Action::Delete => "delete",
    };
    match (route, call.repository.as_str()) {
        (Route::Catalog, _) => ",scope=\"registry:catalog:*\"".to_owned(),
        (_, "") => String::new(),
        (_, name) => format!(",scope=\"repository:{name}:{actions}{}\"", source(call)),
    }
}

/// Returns the pull scope for the source of a mount, to be appended to another scope.
fn source(call: &Call) -> String {
    let from = call
        .query
        .get("from")
        .filter(|_| call.query.get("mount").is_some());
    match from.map(repository_name) {
        Some(Ok(from)) if from != call.repository => format!(" repository:{from}:pull"),
        _ => String::new(),
    }
}

/// Returns the name by which the client knows this registry, if it is valid.
fn host(call: &Call) -> String {
    let authority = call.uri.authority().map(|authority| authority.as_str());
    let host = call.header(HOST).or(authority).unwrap_or_default();
    match check_registry_name(host) {
        Ok(()) => host.to_owned(),
        Err(_) => "localhost".to_owned(),
    }
}
