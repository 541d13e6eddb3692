//! `Exchange`: authenticates one request.

use std::sync::Arc;

use http::StatusCode;
use http::header::AUTHORIZATION;
use oras_transport::{Body, Request, Response, answered_by_requested_origin, clone_request};

use crate::authorization::{AuthUsed, Authorization};
use crate::credential::Credential;
use crate::demand::{Demand, Scheme, base, is_bare, is_refusal};
use crate::error::Error;
use crate::presented::Presented;
use crate::query::Target;
use crate::scope::Scopes;
use crate::sender::Sender;
use crate::session::{Identity, Session, may_be_about_scopes};
use crate::token_goal::TokenGoal;
use crate::token_key::TokenServer;

/// One request to a registry. At most one challenge is answered, so the request is sent at most twice, or three times
/// if it was refused without a challenge.
pub(crate) struct Exchange {
    http: Sender,
    session: Arc<Session>,
    /// The scopes the request needs, if the caller says so.
    hint: Option<Scopes>,
    /// The target to look up a credential for.
    target: Target,
}

/// How to answer a challenge.
enum Plan {
    Show(Authorization),
    Fetch(TokenGoal),
}

impl Exchange {
    pub(crate) fn new(http: Sender, session: Arc<Session>, hint: Option<Scopes>) -> Self {
        Self {
            http,
            session,
            target: Target::of(hint.as_ref()),
            hint,
        }
    }

    pub(crate) async fn run(mut self, request: Request) -> Result<Response, Error> {
        let asked = request.uri().clone();
        let (first, failure) = self.foresee(request.body().is_replayable()).await?;
        let copy = clone_request(&request);
        let response = self.send(request, first.as_ref()).await?;
        let again = copy.as_ref().filter(|_| is_bare(&response));
        let (response, demand) = match (self.demand(&response, &asked)?, again.and_then(clone_request)) {
            (None, Some(again)) => self.ask_base(response, again).await?,
            (demand, _) => (response, demand),
        };
        let Some(demand) = demand else {
            return self.conclude(response, first.as_ref()).await;
        };
        self.session.learn(demand.scheme.clone());
        if first.is_some() {
            self.session.drop_refused(&self.target, first.as_ref()).await;
        }
        let Some(plan) = self.plan(demand, first.as_ref(), failure).await? else {
            return self.conclude(response, first.as_ref()).await;
        };
        let Some(copy) = copy else {
            return Err(Error::BodyNotReplayable {
                registry: self.session.registry.clone(),
            });
        };
        // The response holds a permit of its origin's limit, which may be the token server's, too.
        response.into_body().drain().await;
        let second = match plan {
            Plan::Show(authorization) => authorization,
            Plan::Fetch(goal) => self.session.authorize(&self.target, goal, &mut self.http).await?,
        };
        let response = self.send(copy, Some(&second)).await?;
        self.conclude(response, Some(&second)).await
    }

    /// Authenticates the request before there is a challenge, if possible.
    ///
    /// If a token server refuses the expected scopes, that is not a failure yet, provided that the request can be sent
    /// again: the registry may accept less. The error is returned in case it does not.
    async fn foresee(&mut self, replayable: bool) -> Result<(Option<Authorization>, Option<Error>), Error> {
        let Some(scheme) = self.session.scheme() else {
            return Ok((None, None));
        };
        let identity = self.identity().await?;
        let server = match scheme {
            Scheme::Basic => return Ok((identity.as_ref().and_then(Authorization::basic), None)),
            Scheme::Bearer(server) => server,
        };
        if is_access_token(&identity) {
            return Ok((identity.as_ref().and_then(Authorization::access_token), None));
        }
        let Some(hint) = self.hint.clone() else {
            return Ok((None, None));
        };
        let goal = self.goal(server, identity, hint)?;
        match self.session.authorize(&self.target, goal, &mut self.http).await {
            Ok(authorization) => Ok((Some(authorization), None)),
            Err(error) if replayable && may_be_about_scopes(&error) => Ok((None, Some(error))),
            Err(error) => Err(error),
        }
    }

    /// Finds the demand behind a refusal without a challenge: the known scheme of the registry, or the challenge of its
    /// base.
    ///
    /// `again` is the refused request. Returns the response to use: that of the base if it has a challenge, else the
    /// response to the request sent again.
    async fn ask_base(
        &mut self,
        refusal: Response,
        again: Request,
    ) -> Result<(Response, Option<Demand>), Error> {
        if let Some(scheme) = self.session.scheme() {
            return Ok((refusal, Some(Demand::of(scheme))));
        }
        let Some(base) = base(again.uri()) else {
            return Ok((refusal, None));
        };
        // The refusal holds a permit of its origin's limit, which the base needs, too.
        refusal.into_body().drain().await;
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = base.clone();
        let answer = self.http.send(request).await?;
        if let Some(demand) = self.demand(&answer, &base)? {
            return Ok((answer, Some(demand)));
        }
        answer.into_body().drain().await;
        Ok((self.http.send(again).await?, None))
    }

    async fn send(
        &mut self,
        mut request: Request,
        authorization: Option<&Authorization>,
    ) -> Result<Response, Error> {
        let header = authorization.map(Authorization::header);
        if let Some(header) = &header {
            request.headers_mut().insert(AUTHORIZATION, header.clone());
        }
        let mut response = self.http.send(request).await?;
        if let Some(header) = header {
            response.extensions_mut().insert(Presented::in_header(&header));
        }
        Ok(response)
    }

    /// How to answer, or `None` if there is nothing better than what was refused.
    async fn plan(
        &mut self,
        demand: Demand,
        first: Option<&Authorization>,
        failure: Option<Error>,
    ) -> Result<Option<Plan>, Error> {
        let identity = self.identity().await?;
        let shown = first.and_then(Authorization::shown);
        let is_new = shown.is_none() || shown != identity.as_ref();
        let server = match demand.scheme {
            Scheme::Basic => {
                let basic = identity.as_ref().and_then(Authorization::basic);
                let basic = basic.ok_or_else(|| self.session.no_credential(&self.target))?;
                return Ok(is_new.then_some(Plan::Show(basic)));
            }
            Scheme::Bearer(server) => server,
        };
        if is_access_token(&identity) {
            let token = identity.as_ref().and_then(Authorization::access_token);
            return Ok(token.filter(|_| is_new).map(Plan::Show));
        }
        let wanted = self.hint.clone().unwrap_or_default().union(&demand.scopes);
        let narrower = Some(demand.scopes).filter(|scopes| !scopes.is_empty() && *scopes != wanted);
        let goal = self.goal(server, identity, wanted)?.with_narrower(narrower);
        let asked_in_vain = failure.is_some() || first.is_some_and(|first| first.is_fresh_for(&goal.key));
        if !asked_in_vain {
            return Ok(Some(Plan::Fetch(goal)));
        }
        match (goal.narrowed(), failure) {
            (Some(goal), _) => Ok(Some(Plan::Fetch(goal))),
            (None, Some(failure)) => Err(failure),
            (None, None) => Ok(None),
        }
    }

    /// Marks the response with how the request was authenticated.
    async fn conclude(
        &self,
        mut response: Response,
        authorization: Option<&Authorization>,
    ) -> Result<Response, Error> {
        if is_refusal(&response) {
            self.session.drop_refused(&self.target, authorization).await;
        }
        if let Some(Authorization::Token {
            token,
            withheld: true,
            ..
        }) = authorization
            && is_denial(&response)
        {
            return Err(self.session.untrusted(token.key().realm()));
        }
        response
            .extensions_mut()
            .insert(authorization.map_or(AuthUsed::Nothing, Authorization::used));
        Ok(response)
    }

    async fn identity(&mut self) -> Result<Identity, Error> {
        self.session.identity(&self.target, &mut self.http).await
    }

    fn demand(&self, response: &Response, asked: &http::Uri) -> Result<Option<Demand>, Error> {
        let trusted = &self.session.options.trusted_realms;
        Demand::read(response, asked, &self.session.origin, trusted)
    }

    /// A token to request, unless the credential would have to be sent over plain HTTP.
    fn goal(&self, server: Arc<TokenServer>, identity: Identity, scopes: Scopes) -> Result<TokenGoal, Error> {
        let goal = TokenGoal::new(self.session.origin.clone(), server, identity, scopes);
        if goal.key.identity.is_some() {
            self.session.check_protection(&goal.key.server.realm.origin)?;
        }
        Ok(goal)
    }
}

/// Whether the registry itself responds with 401 or 403.
fn is_denial(response: &Response) -> bool {
    is_refusal(response)
        || (response.status() == StatusCode::FORBIDDEN && answered_by_requested_origin(response))
}

fn is_access_token(identity: &Identity) -> bool {
    let credential = identity.as_deref().map(|found| &found.credential);
    matches!(credential, Some(Credential::AccessToken(_)))
}
