//! The authentication of some registries: challenges and tokens.

use hyper::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use oras_server::{Body, Route};

use super::Quirk;
use super::lists::rewrite;
use super::refuse::refused;
use super::turn::Turn;

/// The action for listing tags, in registries where it is separate.
const METADATA: &str = "metadata_read";

impl Turn<'_> {
    /// Refuses to issue a token.
    pub(super) async fn refuse_token(&self) -> Option<Response<Body>> {
        let scopes: Vec<_> = self.scopes().collect();
        for (name, actions) in &scopes {
            if self.has(Quirk::NoDeleteScope) && has_action(actions, "delete") {
                return Some(refused(400, "UNSUPPORTED"));
            }
            if self.has(Quirk::TokenUnknownScope)
                && scopes.len() > 1
                && *actions == "pull"
                && matches!(self.host.find(name).await, Ok(None))
            {
                return Some(refused(403, "DENIED"));
            }
        }
        None
    }

    /// Returns the repositories and actions of a token request.
    fn scopes(&self) -> impl Iterator<Item = (&str, &str)> {
        let scopes = self.query.all("scope").flat_map(str::split_whitespace);
        scopes.filter_map(repository)
    }

    /// Alters the response of the token endpoint.
    pub(super) async fn alter_token(&self, answer: Response<Body>) -> Response<Body> {
        let for_metadata = self.scopes().any(|(_, actions)| has_action(actions, METADATA));
        if !(self.has(Quirk::TagsMetadataRead) && for_metadata && answer.status().is_success()) {
            return self.compress(answer);
        }
        let memory = &self.host.layer.quirks.memory;
        rewrite(answer, |document| {
            for name in ["token", "access_token"] {
                if let Some(token) = document[name].as_str() {
                    memory.set(format!("metadata {token}"), String::new());
                }
            }
        })
        .await
    }

    /// Whether the request's token includes the metadata action; without authentication everybody may.
    pub(super) fn may_read_metadata(&self) -> bool {
        if self.host.next.is_open() {
            return true;
        }
        let token = self
            .header(AUTHORIZATION)
            .and_then(|header| header.split_once(' '));
        token.is_some_and(|(_, token)| {
            let memory = &self.host.layer.quirks.memory;
            memory.get(&format!("metadata {}", token.trim())).is_some()
        })
    }

    /// Alters the challenge of a response.
    pub(super) fn alter_login(&self, mut answer: Response<Body>) -> Response<Body> {
        if answer.status() != StatusCode::UNAUTHORIZED {
            return answer;
        }
        let headers = answer.headers_mut();
        let challenges: Vec<HeaderValue> = headers.get_all(WWW_AUTHENTICATE).iter().cloned().collect();
        headers.remove(WWW_AUTHENTICATE);
        if self.has(Quirk::BareUnauthorized) && self.route != Route::Base {
            return answer;
        }
        if self.has(Quirk::NegotiateFirst) {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Negotiate"));
        }
        for value in challenges {
            let text = value.to_str().ok().map(|text| self.challenge(text));
            let other = text.and_then(|text| HeaderValue::from_str(&text).ok());
            headers.append(WWW_AUTHENTICATE, other.unwrap_or(value));
        }
        answer
    }

    /// Rewrites a header of challenges.
    fn challenge(&self, text: &str) -> String {
        let Some(start) = text.find("Bearer ") else {
            return text.to_owned();
        };
        let (before, bearer) = text.split_at(start);
        let bearer = self.with_scope(bearer);
        let bearer = match parameter(&bearer, "service").filter(|_| self.has(Quirk::NoService)) {
            Some(service) => bearer.replace(&format!(",service=\"{service}\""), ""),
            None => bearer,
        };
        let bearer = match self.has(Quirk::Oauth2TokenPath) {
            true => bearer.replacen("/token\"", "/oauth2/token\"", 1),
            false => bearer,
        };
        format!("{before}{bearer}")
    }

    /// Rewrites the scope of a challenge, and remembers it.
    fn with_scope(&self, challenge: &str) -> String {
        let Some(scope) = parameter(challenge, "scope") else {
            return challenge.to_owned();
        };
        let other = self.scope(scope);
        let service = match self.has(Quirk::NoService) {
            true => "",
            false => parameter(challenge, "service").unwrap_or_default(),
        };
        let memory = &self.host.layer.quirks.memory;
        let meant = match other.ends_with(METADATA) {
            true => format!("{scope},{METADATA}"),
            false => scope.to_owned(),
        };
        memory.set(format!("scope {service} {other}"), meant);
        challenge.replace(&format!("scope=\"{scope}\""), &format!("scope=\"{other}\""))
    }

    /// Rewrites a scope.
    fn scope(&self, scope: &str) -> String {
        let Some((name, actions)) = repository(scope) else {
            return scope.to_owned();
        };
        if self.has(Quirk::TagsMetadataRead) && self.route == Route::Tags {
            return format!("repository:{name}:{METADATA}");
        }
        if self.has(Quirk::ScopeStar) {
            return "*".to_owned();
        }
        if self.has(Quirk::ScopeOfAnother) {
            let last = name.rsplit('/').next().unwrap_or(name);
            return format!("repository:{last}:{actions}");
        }
        if self.has(Quirk::ScopeAny) {
            return format!("repository:{name}:any");
        }
        if self.has(Quirk::ScopeOrder) && actions == "pull,push" {
            return format!("repository:{name}:push,pull");
        }
        if self.has(Quirk::ScopeTwice) {
            return format!("repository:{name}:pull repository:{name}:{actions}");
        }
        scope.to_owned()
    }
}

/// Splits a scope into its repository and actions.
fn repository(scope: &str) -> Option<(&str, &str)> {
    scope.strip_prefix("repository:")?.rsplit_once(':')
}

fn has_action(actions: &str, wanted: &str) -> bool {
    actions.split(',').any(|action| action == wanted)
}

/// Returns the value of a parameter in a challenge of the registry.
fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let start = challenge.find(&format!("{name}=\""))? + name.len() + 2;
    let len = challenge[start..].find('"')?;
    Some(&challenge[start..start + len])
}
