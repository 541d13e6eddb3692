//! `Fake`: a registry with a token server, for a [`Double`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http::Method;
use oras_auth::Scopes;
use oras_transport::Response;

use crate::double::{Double, Seen, challenge, reply};

pub(crate) const REGISTRY: &str = "https://reg.example";
pub(crate) const TOKEN: &str = "https://reg.example/token";

/// What a [`Fake`] does differently from the usual.
#[derive(Clone, Default)]
pub(crate) struct Rules {
    /// Where tokens are given out; by default [`TOKEN`].
    pub(crate) realm: Option<&'static str>,
    /// Seconds that token answers tell.
    pub(crate) expires_in: Option<u64>,
    /// The `Authorization` the token server wants; by default none.
    pub(crate) password: Option<&'static str>,
    /// Scopes beyond what the request needs that challenges ask for.
    pub(crate) also_asks: &'static str,
    /// A scope the token server answers with status 403.
    pub(crate) forbids: Option<&'static str>,
}

/// Hands out `token-1`, `token-2` and so on, and takes each for the scopes it was given for.
pub(crate) struct Fake {
    pub(crate) double: Double,
    issued: Arc<Mutex<HashMap<String, Scopes>>>,
}

impl Fake {
    pub(crate) fn new(rules: Rules) -> Self {
        let issued: Arc<Mutex<HashMap<String, Scopes>>> = Arc::default();
        let tokens = Arc::clone(&issued);
        let realm = rules.realm.unwrap_or(TOKEN);
        let double = Double::new(move |seen| {
            if seen.is_at(realm) {
                issue(&rules, &tokens, seen)
            } else {
                answer(&rules, realm, &tokens, seen)
            }
        });
        Self { double, issued }
    }

    /// How many tokens were asked for.
    pub(crate) fn token_requests(&self) -> usize {
        self.double
            .seen()
            .iter()
            .filter(|seen| seen.url.contains("/token"))
            .count()
    }

    pub(crate) fn requests(&self) -> usize {
        self.double.count(&format!("{REGISTRY}/v2/"))
    }

    /// Makes every token so far invalid.
    pub(crate) fn revoke_all(&self) {
        self.issued
            .lock()
            .unwrap()
            .values_mut()
            .for_each(|scopes| *scopes = Scopes::new());
    }
}

fn issue(rules: &Rules, issued: &Mutex<HashMap<String, Scopes>>, seen: &Seen) -> Response {
    if rules
        .password
        .is_some_and(|password| seen.authorization.as_deref() != Some(password))
    {
        return reply(401, r#"{"details":"incorrect username or password"}"#);
    }
    let scopes = seen.values("scope").join(" ");
    if rules.forbids.is_some_and(|scope| scopes.contains(scope)) {
        return reply(403, r#"{"errors":[{"code":"DENIED","message":"not that one"}]}"#);
    }
    let mut issued = issued.lock().unwrap();
    let token = format!("token-{}", issued.len() + 1);
    issued.insert(token.clone(), Scopes::parse(&scopes));
    let expiry = rules
        .expires_in
        .map(|seconds| format!(r#","expires_in":{seconds}"#))
        .unwrap_or_default();
    reply(200, &format!(r#"{{"token":"{token}"{expiry}}}"#))
}

fn answer(rules: &Rules, realm: &str, issued: &Mutex<HashMap<String, Scopes>>, seen: &Seen) -> Response {
    let path = seen
        .url
        .strip_prefix(REGISTRY)
        .unwrap()
        .strip_prefix("/v2/")
        .unwrap();
    let name = path.split('/').next().unwrap();
    let action = if seen.method == Method::GET {
        "pull"
    } else {
        "push"
    };
    let needed = format!("repository:{name}:{action}");
    let token = seen
        .authorization
        .as_deref()
        .and_then(|value| value.strip_prefix("Bearer "));
    let issued = issued.lock().unwrap();
    let held = token.and_then(|token| issued.get(token));
    if held.is_some_and(|held| held.is_superset_of(&Scopes::parse(&needed))) {
        return reply(200, "content");
    }
    let scope = format!("{needed} {}", rules.also_asks);
    challenge(&format!(
        r#"Bearer realm="{realm}",service="reg.example",scope="{}""#,
        scope.trim()
    ))
}
