//! `Exchange`: one request with the authentication it takes.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{StatusCode, Uri};
use oras_transport::{FinalUri, HttpService, Request, Response, answered_by_requested_origin, clone_request};
use tower::ServiceExt;

use crate::base::is_bare;
use crate::challenge::Challenge;
use crate::credential::Credential;
use crate::errand::Errand;
use crate::error::{Error, RealmReason};
use crate::layer::AuthUsed;
use crate::presented::Presented;
use crate::proof::Proof;
use crate::realm::Realm;
use crate::scope::Scopes;
use crate::session::{Scheme, Session};
use crate::token::{TokenRequest, TokenServer};

/// One request to a registry. At most one challenge is answered, so the request is sent twice at most, or three times
/// where it was refused without a challenge.
pub(crate) struct Exchange {
    pub(crate) http: HttpService,
    pub(crate) session: Arc<Session>,
    /// What the caller says the request needs; `None` if it does not say.
    pub(crate) hint: Option<Scopes>,
}

/// How a challenge is going to be answered.
enum Plan {
    Show(Proof),
    Fetch(Errand),
}

impl Exchange {
    pub(crate) async fn run(self, request: Request) -> Result<Response, Error> {
        let asked = request.uri().clone();
        let (first, failure) = self.foresee(request.body().is_replayable()).await?;
        let copy = clone_request(&request);
        let response = self.send(request, first.as_ref()).await?;
        let again = copy
            .as_ref()
            .filter(|_| is_bare(&response))
            .and_then(clone_request);
        let (response, challenge) = match (self.challenge(&response, &asked)?, again) {
            (None, Some(again)) => self.ask_base(response, again).await?,
            (challenge, _) => (response, challenge),
        };
        let Some((scheme, scopes)) = challenge else {
            return self.conclude(response, first.as_ref());
        };
        self.session.learn(scheme.clone());
        if first.is_some() {
            self.drop_refused(first.as_ref());
        }
        let Some(plan) = self.plan(scheme, scopes, first.as_ref(), failure).await? else {
            return self.conclude(response, first.as_ref());
        };
        let Some(copy) = copy else {
            return Err(Error::BodyNotReplayable {
                registry: self.session.registry.clone(),
            });
        };
        // The answer holds a place in the limit of its origin, which may be the token server's too.
        response.into_body().drain().await;
        let second = match plan {
            Plan::Show(proof) => proof,
            Plan::Fetch(errand) => self.fetch(errand).await?,
        };
        let response = self.send(copy, Some(&second)).await?;
        self.conclude(response, Some(&second))
    }

    /// What the request can be sent with before anybody asks.
    ///
    /// A token server that refuses the foreseen scopes is no failure yet, if the request can be sent again: the
    /// registry may be content with less. The refusal is handed back, for the case that it is not.
    async fn foresee(&self, replayable: bool) -> Result<(Option<Proof>, Option<Error>), Error> {
        let Some(scheme) = self.session.scheme() else {
            return Ok((None, None));
        };
        let credential = self.session.credential().await?;
        let proof = match (scheme, &self.hint) {
            (Scheme::Basic, _) => credential.as_ref().and_then(Proof::basic),
            (Scheme::Bearer(_), _) if is_access_token(credential.as_ref()) => {
                credential.as_ref().and_then(Proof::access_token)
            }
            (Scheme::Bearer(server), Some(hint)) => {
                let errand = Errand::new(server, credential, hint.clone(), None);
                match self.fetch(errand).await {
                    Ok(proof) => Some(proof),
                    Err(error) if replayable && may_be_about_scopes(&error) => {
                        return Ok((None, Some(error)));
                    }
                    Err(error) => return Err(error),
                }
            }
            (Scheme::Bearer(_), None) => None,
        };
        Ok((proof, None))
    }

    async fn send(&self, mut request: Request, proof: Option<&Proof>) -> Result<Response, Error> {
        let header = proof.map(Proof::header);
        if let Some(header) = &header {
            request.headers_mut().insert(AUTHORIZATION, header.clone());
        }
        let mut response = self.http.clone().oneshot(request).await?;
        if let Some(header) = header {
            response.extensions_mut().insert(Presented::in_header(&header));
        }
        Ok(response)
    }

    /// The challenge in an answer, if it is one of the registry itself and can be answered.
    pub(crate) fn challenge(
        &self,
        response: &Response,
        asked: &Uri,
    ) -> Result<Option<(Scheme, Scopes)>, Error> {
        if !is_refusal(response) {
            return Ok(None);
        }
        let asked = response
            .extensions()
            .get::<FinalUri>()
            .map_or(asked, |answered| &answered.0);
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
            match Realm::check(realm, asked, &self.session.origin, &self.session.options) {
                Ok(realm) => {
                    let server = TokenServer {
                        realm,
                        service: service.clone(),
                    };
                    return Ok(Some((Scheme::Bearer(server), scopes.clone())));
                }
                Err(error) => unusable = Some(error),
            }
        }
        if all.contains(&Challenge::Basic) {
            return Ok(Some((Scheme::Basic, Scopes::new())));
        }
        unusable.map_or(Ok(None), Err)
    }

    /// How to answer, or `None` where there is nothing better than what was refused.
    async fn plan(
        &self,
        scheme: Scheme,
        challenged: Scopes,
        first: Option<&Proof>,
        failure: Option<Error>,
    ) -> Result<Option<Plan>, Error> {
        let credential = self.session.credential().await?;
        let shown = first.and_then(Proof::credential);
        let server = match scheme {
            Scheme::Basic => {
                let proof = credential
                    .as_ref()
                    .and_then(Proof::basic)
                    .ok_or_else(|| self.no_credential())?;
                let is_new = shown != credential.as_ref();
                return Ok(is_new.then_some(Plan::Show(proof)));
            }
            Scheme::Bearer(server) => server,
        };
        if is_access_token(credential.as_ref()) {
            let proof = credential
                .as_ref()
                .filter(|token| shown != Some(*token))
                .and_then(Proof::access_token);
            return Ok(proof.map(Plan::Show));
        }
        let hint = self.hint.clone().unwrap_or_default();
        let wanted = hint.union(&challenged);
        let narrower = Some(challenged).filter(|scopes| !scopes.is_empty() && *scopes != wanted);
        let errand = Errand::new(server, credential, wanted, narrower);
        let asked_in_vain = failure.is_some() || first.is_some_and(|first| first.is_fresh_for(&errand.key()));
        if !asked_in_vain {
            return Ok(Some(Plan::Fetch(errand)));
        }
        match (errand.narrowed(), failure) {
            (Some(errand), _) => Ok(Some(Plan::Fetch(errand))),
            (None, Some(failure)) => Err(failure),
            (None, None) => Ok(None),
        }
    }

    async fn fetch(&self, errand: Errand) -> Result<Proof, Error> {
        let result = match self.token(&errand).await {
            Err(error) if may_be_about_scopes(&error) && errand.narrower.is_some() => {
                let narrowed = errand.narrowed().unwrap_or(errand);
                return self
                    .token(&narrowed)
                    .await
                    .map_err(|error| self.explain(error, &narrowed));
            }
            result => result,
        };
        result.map_err(|error| self.explain(error, &errand))
    }

    async fn token(&self, errand: &Errand) -> Result<Proof, Error> {
        let fetch = |key| {
            let request = TokenRequest {
                key,
                registry: self.session.registry.clone(),
                client_id: self.session.options.client_id.clone(),
            };
            request.send(self.http.clone())
        };
        let (token, fresh) = self.session.tokens.get(&errand.key(), fetch).await?;
        Ok(Proof::Token {
            token,
            fresh,
            withheld: errand.withheld,
        })
    }

    /// Turns a token server's refusal into what the caller can do about it.
    fn explain(&self, error: Error, errand: &Errand) -> Error {
        let Error::TokenRefused { status, realm, .. } = &error else {
            return error;
        };
        if errand.withheld && status.is_client_error() {
            return self.untrusted(realm.clone());
        }
        if *status == StatusCode::UNAUTHORIZED {
            self.session.forget(errand.identity.as_ref());
            if errand.identity.is_none() {
                return self.no_credential();
            }
        }
        error
    }

    /// Marks the answer with what the request was sent with.
    fn conclude(&self, mut response: Response, proof: Option<&Proof>) -> Result<Response, Error> {
        if is_refusal(&response) {
            self.drop_refused(proof);
        }
        let is_denial = is_refusal(&response)
            || (response.status() == StatusCode::FORBIDDEN && answered_by_requested_origin(&response));
        if let Some(Proof::Token {
            token,
            withheld: true,
            ..
        }) = proof
            && is_denial
        {
            return Err(self.untrusted(token.key.server.realm.shown()));
        }
        response
            .extensions_mut()
            .insert(proof.map_or(AuthUsed::Nothing, Proof::used));
        Ok(response)
    }

    fn drop_refused(&self, proof: Option<&Proof>) {
        match proof {
            Some(Proof::Token { token, .. }) => {
                self.session.tokens.remove(token);
                if token.key.identity.is_none() {
                    self.session.forget(None);
                }
            }
            Some(proof) => self.session.forget(proof.credential()),
            None => self.session.forget(None),
        }
    }

    /// There may be one by the time of the next request.
    fn no_credential(&self) -> Error {
        self.session.forget(None);
        Error::NoCredential {
            registry: self.session.registry.clone(),
        }
    }

    fn untrusted(&self, realm: String) -> Error {
        let registry = self.session.registry.clone();
        Error::RealmRefused {
            registry,
            realm,
            reason: RealmReason::Untrusted,
        }
    }
}

/// Whether the registry itself, and not one it redirected to, wants to know who asks.
fn is_refusal(response: &Response) -> bool {
    response.status() == StatusCode::UNAUTHORIZED && answered_by_requested_origin(response)
}

fn is_access_token(credential: Option<&Arc<Credential>>) -> bool {
    matches!(credential.map(Arc::as_ref), Some(Credential::AccessToken(_)))
}

/// Whether a token server that refused may give a token for less.
fn may_be_about_scopes(error: &Error) -> bool {
    matches!(error, Error::TokenRefused { status, .. } if matches!(status.as_u16(), 400 | 403 | 404 | 422))
}
