//! The base, `/v2/`: the one place where some registries say how to log in.

use http::header::WWW_AUTHENTICATE;
use http::uri::PathAndQuery;
use http::{StatusCode, Uri};
use oras_transport::{Body, Request, Response, answered_by_requested_origin};
use tower::ServiceExt;

use crate::error::Error;
use crate::exchange::Exchange;
use crate::scope::Scopes;
use crate::session::Scheme;

impl Exchange {
    /// What a refusal that says nothing asks for: what the registry is known to want, or what its base says.
    ///
    /// `again` is the request that was refused. The answer handed back is the one that counts: that of the base where
    /// it has a challenge, or else one more of the registry to the same request.
    pub(crate) async fn ask_base(
        &self,
        refusal: Response,
        again: Request,
    ) -> Result<(Response, Option<(Scheme, Scopes)>), Error> {
        if let Some(scheme) = self.session.scheme() {
            return Ok((refusal, Some((scheme, Scopes::new()))));
        }
        let Some(base) = base(again.uri()) else {
            return Ok((refusal, None));
        };
        // The refusal holds a place in the limit of its origin, which the base is under, too.
        refusal.into_body().drain().await;
        let mut request = http::Request::new(Body::empty());
        *request.uri_mut() = base.clone();
        let answer = self.http.clone().oneshot(request).await?;
        if let Some(challenge) = self.challenge(&answer, &base)? {
            return Ok((answer, Some(challenge)));
        }
        answer.into_body().drain().await;
        Ok((self.http.clone().oneshot(again).await?, None))
    }
}

/// Whether the registry refuses without a word on how to log in.
pub(crate) fn is_bare(response: &Response) -> bool {
    response.status() == StatusCode::UNAUTHORIZED
        && answered_by_requested_origin(response)
        && !response.headers().contains_key(WWW_AUTHENTICATE)
}

/// The base of the registry that was asked; none where that was the base itself.
fn base(asked: &Uri) -> Option<Uri> {
    if matches!(asked.path(), "/v2/" | "/v2") {
        return None;
    }
    let mut parts = asked.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::from_static("/v2/"));
    Uri::from_parts(parts).ok()
}
