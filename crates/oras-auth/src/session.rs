//! `Session`: what is known about one registry.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oras_transport::Origin;

use crate::cache::Tokens;
use crate::credential::Credential;
use crate::error::Error;
use crate::flight::Flights;
use crate::options::AuthOptions;
use crate::provider::CredentialProvider;
use crate::token::TokenServer;

type Looked = Result<Option<Arc<Credential>>, Error>;

/// How a registry wants to be told who asks.
#[derive(Clone)]
pub(crate) enum Scheme {
    Basic,
    Bearer(TokenServer),
}

/// What is known about one registry: how it identifies its users, with what, and the tokens for it.
pub(crate) struct Session {
    pub(crate) origin: Origin,
    /// `host` or `host:port`.
    pub(crate) registry: String,
    pub(crate) options: Arc<AuthOptions>,
    pub(crate) tokens: Arc<Tokens>,
    provider: Arc<dyn CredentialProvider>,
    known: Mutex<Known>,
    lookups: Flights<(), Looked>,
}

#[derive(Default)]
struct Known {
    scheme: Option<Scheme>,
    /// The provider's last word.
    credential: Option<Option<Arc<Credential>>>,
}

impl Session {
    pub(crate) fn new(
        origin: Origin,
        provider: Arc<dyn CredentialProvider>,
        options: Arc<AuthOptions>,
    ) -> Arc<Self> {
        Arc::new(Self {
            registry: origin.host_port(),
            origin,
            options,
            tokens: Tokens::new(),
            provider,
            known: Mutex::default(),
            lookups: Flights::new(),
        })
    }

    /// How the registry last said that it wants to be told.
    pub(crate) fn scheme(&self) -> Option<Scheme> {
        self.known().scheme.clone()
    }

    pub(crate) fn learn(&self, scheme: Scheme) {
        self.known().scheme = Some(scheme);
    }

    /// The credential; the provider is asked once, and again after [`Self::forget`].
    pub(crate) async fn credential(self: &Arc<Self>) -> Looked {
        let kept = self.known().credential.clone();
        if let Some(credential) = kept {
            return Ok(credential);
        }
        let looking = || -> futures_util::future::BoxFuture<'static, Looked> {
            let session = Arc::clone(self);
            Box::pin(async move { session.look_up().await })
        };
        self.lookups.join((), |()| true, looking).flight.await
    }

    /// Makes the next [`Self::credential`] ask the provider again, because this one was not enough.
    pub(crate) fn forget(&self, refused: Option<&Arc<Credential>>) {
        let mut known = self.known();
        if known
            .credential
            .as_ref()
            .is_some_and(|kept| kept.as_ref() == refused)
        {
            known.credential = None;
        }
    }

    async fn look_up(&self) -> Looked {
        let found = self.provider.credential(&self.registry).await?;
        let credential = found
            .filter(|credential| !credential.is_anonymous())
            .map(Arc::new);
        if let Some(credential) = &credential {
            credential.check()?;
            if !self.may_see_credentials() {
                return Err(Error::PlainHttp {
                    registry: self.registry.clone(),
                });
            }
        }
        self.known().credential = Some(credential.clone());
        Ok(credential)
    }

    fn may_see_credentials(&self) -> bool {
        self.origin.is_https() || self.origin.is_loopback() || self.options.basic_over_http
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
