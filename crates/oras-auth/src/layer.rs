//! `AuthLayer`: answers challenges, and authenticates in advance if it can.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use oras_transport::{HttpService, Origin, Request, Response};
use tower::util::BoxCloneSyncService;
use tower_layer::Layer;
use tower_service::Service;

use crate::authorization::AuthUsed;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::options::AuthOptions;
use crate::presented::Presented;
use crate::provider::CredentialProvider;
use crate::scope::Scopes;
use crate::sender::Sender;
use crate::session::Session;
use crate::token_cache::{MemoryTokenCache, TokenCache};

/// Any service that sends a [`Request`] and authenticates it.
pub type AuthenticatedService = BoxCloneSyncService<Request, Response, Error>;

/// Answers the challenges of registries.
///
/// A request is sent with what is known to be needed, and once more if the registry then asks for something else.
/// [`Scopes`] in the extensions of a request tell what it needs, and avoid the challenge once the registry is known.
/// Without them, a request to a registry with tokens is always challenged first. An empty set means that any token will
/// do. An existing `Authorization` header is kept.
///
/// A credential is looked up by registry and by the repository in the [`Scopes`], when the registry first sends a
/// challenge. It is kept for the repository until it is refused. Tokens are kept by registry, token server, service,
/// credential, [key](crate::CredentialKey) and scopes. A token with more scopes also serves requests that need fewer.
/// Tasks that need the same token share one request for it. Tokens are requested through the same inner service.
///
/// Challenges of servers that the registry redirected to are returned unanswered, and so are responses with status 401
/// whose challenges are not supported. If there is no challenge at all, `/v2/` is asked for one, and the request may be
/// sent a third time.
///
/// A service is ready when the inner one is. The request uses that readiness, unless it has to wait for something else
/// first, in which case the readiness is given back.
///
/// Clones of one layer, and the services created by it, share their state.
///
/// Spec: RFC 9110, section 11; distribution, "Token Authentication Specification".
#[derive(Clone)]
pub struct AuthLayer {
    sessions: Arc<Sessions>,
}

impl AuthLayer {
    /// Creates a layer with credentials from `provider`.
    pub fn new(provider: Arc<dyn CredentialProvider>, options: AuthOptions) -> Self {
        let cache = options.token_cache.clone();
        let sessions = Sessions {
            provider,
            cache: cache.unwrap_or_else(|| Arc::new(MemoryTokenCache::new())),
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

/// The service created by [`AuthLayer`].
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
    cache: Arc<dyn TokenCache>,
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
                Arc::clone(&self.cache),
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

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::from)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let more = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, more.clone());
        let http = Sender::new(HttpService::new(ready), HttpService::new(more));
        if request.headers().contains_key(AUTHORIZATION) {
            return Box::pin(pass_on(http, request));
        }
        match Origin::of(request.uri()) {
            Ok(origin) => {
                let hint = request.extensions().get::<Scopes>().cloned();
                let exchange = Exchange::new(http, self.sessions.of(origin), hint);
                Box::pin(exchange.run(request))
            }
            Err(source) => {
                let error = oras_transport::Error::InvalidUrl { source };
                Box::pin(std::future::ready(Err(error.into())))
            }
        }
    }
}

async fn pass_on(mut http: Sender, request: Request) -> Result<Response, Error> {
    let given = request.headers().get(AUTHORIZATION).cloned();
    let mut response = http.send(request).await?;
    response.extensions_mut().insert(AuthUsed::Given);
    if let Some(given) = given {
        response.extensions_mut().insert(Presented::in_header(&given));
    }
    Ok(response)
}
