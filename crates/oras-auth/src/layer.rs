//! `AuthLayer`: answers challenges, and authenticates before it is challenged where it can.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use oras_transport::{HttpService, Origin, Request, Response};
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;
use tower_layer::Layer;
use tower_service::Service;

use crate::error::Error;
use crate::exchange::Exchange;
use crate::options::AuthOptions;
use crate::presented::Presented;
use crate::provider::CredentialProvider;
use crate::scope::Scopes;
use crate::session::Session;

/// Anything that sends a [`Request`] and authenticates it on the way.
pub type AuthenticatedService = BoxCloneSyncService<Request, Response, Error>;

/// How a request showed who asks; in the extensions of every answer of [`Auth`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthUsed {
    /// Not at all.
    Nothing,
    /// With an `Authorization` header that the caller had set.
    Given,
    /// With user name and password.
    Basic,
    /// With a token that anybody gets.
    AnonymousToken,
    /// With a token that was got for the credential, or is the credential.
    Token,
}

/// Answers the challenges of registries.
///
/// A request is sent twice at most: as it is or with what is known to be needed, and once more if the registry then
/// asks for something else. [`Scopes`] in a request's extensions say what it needs, and spare the challenge once the
/// registry is known; without them, a request to a registry that takes tokens is always challenged first. An empty
/// set says that any token will do. An `Authorization` header that is there already is left alone.
///
/// The credential of a registry is asked for when the registry first challenges and kept until it is refused. Tokens
/// are kept by token server, service, credential and scopes; one that permits more serves for less. Tasks that need
/// the same token wait for one request. Tokens are got through the same inner service.
///
/// Challenges of servers that the registry redirected to are handed on unanswered, and so are answers with status
/// 401 without a challenge that can be answered. Where there is no challenge at all, `/v2/` is asked for one.
///
/// Clones of one layer, and the services made with it, share what they know.
#[derive(Clone)]
pub struct AuthLayer {
    sessions: Arc<Sessions>,
}

impl AuthLayer {
    /// The layer.
    pub fn new(provider: Arc<dyn CredentialProvider>, options: AuthOptions) -> Self {
        let sessions = Sessions {
            provider,
            options: Arc::new(options),
            by_origin: Mutex::default(),
        };
        Self {
            sessions: Arc::new(sessions),
        }
    }
}

impl fmt::Debug for AuthLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthLayer")
            .field("options", &self.sessions.options)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Auth<S> {
        Auth {
            inner,
            sessions: Arc::clone(&self.sessions),
        }
    }
}

/// The service [`AuthLayer`] makes.
#[derive(Clone)]
pub struct Auth<S> {
    inner: S,
    sessions: Arc<Sessions>,
}

impl<S: fmt::Debug> fmt::Debug for Auth<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

struct Sessions {
    provider: Arc<dyn CredentialProvider>,
    options: Arc<AuthOptions>,
    by_origin: Mutex<HashMap<Origin, Arc<Session>>>,
}

impl Sessions {
    fn of(&self, origin: Origin) -> Arc<Session> {
        let mut by_origin = self.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        let session = by_origin.entry(origin).or_insert_with_key(|origin| {
            Session::new(
                origin.clone(),
                Arc::clone(&self.provider),
                Arc::clone(&self.options),
            )
        });
        Arc::clone(session)
    }
}

impl<S> Service<Request> for Auth<S>
where
    S: Service<Request, Response = Response, Error = oras_transport::Error> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let http = HttpService::new(self.inner.clone());
        if request.headers().contains_key(AUTHORIZATION) {
            return Box::pin(pass_on(http, request));
        }
        match Origin::of(request.uri()) {
            Ok(origin) => {
                let hint = request.extensions().get::<Scopes>().cloned();
                let exchange = Exchange {
                    http,
                    session: self.sessions.of(origin),
                    hint,
                };
                Box::pin(exchange.run(request))
            }
            Err(source) => {
                let error = oras_transport::Error::InvalidUrl { source };
                Box::pin(std::future::ready(Err(error.into())))
            }
        }
    }
}

async fn pass_on(http: HttpService, request: Request) -> Result<Response, Error> {
    let given = request.headers().get(AUTHORIZATION).cloned();
    let mut response = http.oneshot(request).await?;
    response.extensions_mut().insert(AuthUsed::Given);
    if let Some(given) = given {
        response.extensions_mut().insert(Presented::in_header(&given));
    }
    Ok(response)
}
