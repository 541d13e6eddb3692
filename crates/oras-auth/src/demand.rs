//! `Demand`: what a registry asks for when it refuses a request.

use std::sync::Arc;

use http::header::WWW_AUTHENTICATE;
use http::uri::PathAndQuery;
use http::{StatusCode, Uri};
use oras_transport::{FinalUri, Origin, Response, answered_by_requested_origin};

use crate::challenge::Challenge;
use crate::error::Error;
use crate::realm::Realm;
use crate::scope::Scopes;
use crate::token_key::TokenServer;

/// The authentication scheme of a registry.
#[derive(Clone)]
pub(crate) enum Scheme {
    Basic,
    Bearer(Arc<TokenServer>),
}

/// The scheme and the scopes a registry asks for.
pub(crate) struct Demand {
    pub(crate) scheme: Scheme,
    pub(crate) scopes: Scopes,
}

impl Demand {
    /// The demand in a response to a request for `asked`, if the response is from the registry itself and the demand
    /// can be met.
    ///
    /// A token server is preferred. User name and password are used if there is no usable token server.
    ///
    /// Spec: RFC 9110, section 11.6.1.
    pub(crate) fn read(
        response: &Response,
        asked: &Uri,
        registry: &Origin,
        trusted: &[String],
    ) -> Result<Option<Self>, Error> {
        if !is_refusal(response) {
            return Ok(None);
        }
        let answered = response.extensions().get::<FinalUri>();
        let asked = answered.map_or(asked, |answered| &answered.0);
        let all = Challenge::parse_all(response.headers());
        let mut unusable = None;
        for challenge in &all {
            let Challenge::Bearer {
                realm,
                service,
                scopes,
            } = challenge
            else {
                continue;
            };
            match Realm::check(realm, asked, registry, trusted) {
                Ok(realm) => {
                    let service = service.clone();
                    return Ok(Some(Self {
                        scheme: Scheme::Bearer(Arc::new(TokenServer { realm, service })),
                        scopes: scopes.clone(),
                    }));
                }
                Err(error) => unusable = Some(error),
            }
        }
        if all.contains(&Challenge::Basic) {
            return Ok(Some(Self::of(Scheme::Basic)));
        }
        unusable.map_or(Ok(None), Err)
    }

    /// A demand without scopes.
    pub(crate) fn of(scheme: Scheme) -> Self {
        Self {
            scheme,
            scopes: Scopes::new(),
        }
    }
}

/// Whether the registry itself, not the target of a redirect, requires authentication.
pub(crate) fn is_refusal(response: &Response) -> bool {
    response.status() == StatusCode::UNAUTHORIZED && answered_by_requested_origin(response)
}

/// Whether the registry refuses without a challenge.
pub(crate) fn is_bare(response: &Response) -> bool {
    is_refusal(response) && !response.headers().contains_key(WWW_AUTHENTICATE)
}

/// The URL `/v2/` of the registry: some registries send their challenge only there. `None` if `asked` is that URL.
///
/// Spec: distribution-spec, "Determining Support".
pub(crate) fn base(asked: &Uri) -> Option<Uri> {
    if matches!(asked.path(), "/v2/" | "/v2") {
        return None;
    }
    let mut parts = asked.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::from_static("/v2/"));
    Uri::from_parts(parts).ok()
}
