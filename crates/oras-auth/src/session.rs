//! `Session`: the authentication state of one registry.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::StatusCode;
use oras_transport::Origin;

use crate::authorization::Authorization;
use crate::demand::Scheme;
use crate::error::{Error, RealmReason};
use crate::found::FoundCredential;
use crate::options::AuthOptions;
use crate::provider::CredentialProvider;
use crate::query::{CredentialQuery, Target};
use crate::sender::Sender;
use crate::single_flight::SingleFlight;
use crate::token_cache::TokenCache;
use crate::token_goal::TokenGoal;
use crate::token_request::TokenRequest;
use crate::tokens::Tokens;

/// The credential, if there is one.
pub(crate) type Identity = Option<Arc<FoundCredential>>;

/// The authentication state of one registry: its scheme, credentials and tokens.
///
/// Credentials are kept by repository, tokens by the key of the credential: only repositories whose credentials have
/// the same key share tokens.
pub(crate) struct Session {
    pub(crate) origin: Origin,
    /// `host` or `host:port`.
    pub(crate) registry: String,
    pub(crate) options: Arc<AuthOptions>,
    provider: Arc<dyn CredentialProvider>,
    tokens: Tokens,
    known: Mutex<Known>,
    lookups: SingleFlight<Option<String>, Result<Identity, Error>>,
}

#[derive(Default)]
struct Known {
    scheme: Option<Scheme>,
    /// The last answer of the provider, by repository.
    identities: HashMap<Option<String>, Identity>,
}

impl Session {
    pub(crate) fn new(
        origin: Origin,
        provider: Arc<dyn CredentialProvider>,
        options: Arc<AuthOptions>,
        cache: Arc<dyn TokenCache>,
    ) -> Arc<Self> {
        Arc::new(Self {
            registry: origin.host_port(),
            origin,
            options,
            provider,
            tokens: Tokens::new(cache),
            known: Mutex::default(),
            lookups: SingleFlight::new(),
        })
    }

    /// The scheme the registry last asked for.
    pub(crate) fn scheme(&self) -> Option<Scheme> {
        self.known().scheme.clone()
    }

    pub(crate) fn learn(&self, scheme: Scheme) {
        self.known().scheme = Some(scheme);
    }

    /// The credential for `target`. The provider is queried once for each repository, and again after [`Self::forget`].
    pub(crate) async fn identity(
        self: &Arc<Self>,
        target: &Target,
        http: &mut Sender,
    ) -> Result<Identity, Error> {
        let kept = self.known().identities.get(&target.repository).cloned();
        if let Some(identity) = kept {
            return Ok(identity);
        }
        http.release();
        let looking = || -> futures_util::future::BoxFuture<'static, Result<Identity, Error>> {
            let (session, target) = (Arc::clone(self), target.clone());
            Box::pin(async move { session.look_up(target).await })
        };
        let repository = target.repository.clone();
        let joined = self
            .lookups
            .join(repository, |other| *other == target.repository, looking);
        joined.flight.await
    }

    /// Makes the next [`Self::identity`] query the provider again, because the registry refused `refused` for `target`.
    pub(crate) fn forget(&self, target: &Target, refused: Option<&Arc<FoundCredential>>) {
        self.known()
            .identities
            .retain(|repository, kept| match (kept.as_ref(), refused) {
                (None, None) => *repository != target.repository,
                (kept, refused) => kept != refused,
            });
    }

    /// Forgets what the registry, or its token server, refused.
    pub(crate) async fn drop_refused(&self, target: &Target, refused: Option<&Authorization>) {
        match refused {
            Some(Authorization::Token { token, .. }) => {
                self.tokens.remove(token).await;
                if token.key().identity.is_none() {
                    self.forget(target, None);
                }
            }
            Some(shown) => self.forget(target, shown.shown()),
            None => self.forget(target, None),
        }
    }

    /// A token for the goal, or for its narrower scopes if the token server refuses the full set.
    pub(crate) async fn authorize(
        &self,
        target: &Target,
        goal: TokenGoal,
        http: &mut Sender,
    ) -> Result<Authorization, Error> {
        let result = match self.token(&goal, http).await {
            Err(error) if may_be_about_scopes(&error) && goal.narrower.is_some() => {
                let narrowed = goal.narrowed().unwrap_or(goal);
                let result = self.token(&narrowed, http).await;
                return result.map_err(|error| self.explain(target, error, &narrowed));
            }
            result => result,
        };
        result.map_err(|error| self.explain(target, error, &goal))
    }

    async fn token(&self, goal: &TokenGoal, http: &mut Sender) -> Result<Authorization, Error> {
        if let Some(token) = self.tokens.find(&goal.key).await {
            let withheld = goal.withheld;
            return Ok(Authorization::Token {
                token,
                fresh: false,
                withheld,
            });
        }
        let http = http.release();
        let fetch = |key| {
            let request = TokenRequest {
                key,
                registry: self.registry.clone(),
                client_id: self.options.client_id.clone(),
            };
            request.send(http.clone())
        };
        let (token, fresh) = self.tokens.fetch(&goal.key, fetch).await?;
        Ok(Authorization::Token {
            token,
            fresh,
            withheld: goal.withheld,
        })
    }

    /// Turns a refusal of a token server into the error that tells the caller what to do.
    fn explain(&self, target: &Target, error: Error, goal: &TokenGoal) -> Error {
        let Error::TokenRefused { status, realm, .. } = &error else {
            return error;
        };
        if goal.withheld && status.is_client_error() {
            return self.untrusted(realm.clone());
        }
        if *status == StatusCode::UNAUTHORIZED {
            self.forget(target, goal.key.identity.as_ref());
            if goal.key.identity.is_none() {
                return self.no_credential(target);
            }
        }
        error
    }

    /// There may be a credential by the time of the next request.
    pub(crate) fn no_credential(&self, target: &Target) -> Error {
        self.forget(target, None);
        Error::NoCredential {
            registry: self.registry.clone(),
        }
    }

    pub(crate) fn untrusted(&self, realm: String) -> Error {
        Error::RealmRefused {
            registry: self.registry.clone(),
            realm,
            reason: RealmReason::Untrusted,
        }
    }

    /// Checks that the credential may be sent to `server`, the registry or its token server.
    pub(crate) fn check_protection(&self, server: &Origin) -> Result<(), Error> {
        if self.options.may_send(&self.registry, server) {
            return Ok(());
        }
        Err(Error::PlainHttp {
            registry: self.registry.clone(),
            server: server.host_port(),
        })
    }

    async fn look_up(&self, target: Target) -> Result<Identity, Error> {
        let found = self.provider.credential(&target.query(&self.registry)).await?;
        let identity = found
            .filter(|found| !found.credential.is_anonymous())
            .map(Arc::new);
        if let Some(found) = &identity {
            found.credential.check()?;
            self.check_protection(&self.origin)?;
        }
        self.keep(target.repository, identity.clone());
        Ok(identity)
    }

    /// Keeps the provider's answer. If it also covers other repositories that had no credential, a user has logged in
    /// since, and those are looked up again.
    fn keep(&self, repository: Option<String>, identity: Identity) {
        let mut known = self.known();
        if let Some(found) = &identity {
            known.identities.retain(|other, kept| {
                let mut query = CredentialQuery::new(&self.registry);
                query.repository = other.as_deref();
                kept.is_some() || !query.is_covered_by(&found.key)
            });
        }
        known.identities.insert(repository, identity);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a token server that refused may issue a token for fewer scopes.
pub(crate) fn may_be_about_scopes(error: &Error) -> bool {
    matches!(error, Error::TokenRefused { status, .. } if matches!(status.as_u16(), 400 | 403 | 404 | 422))
}
