//! `Tokens`: the tokens of one registry, cached and requested.

use std::sync::Arc;

use crate::error::Error;
use crate::single_flight::{Joined, SingleFlight};
use crate::token::Token;
use crate::token_cache::TokenCache;
use crate::token_key::TokenKey;

type Fetched = Result<Arc<Token>, Error>;

/// The tokens of one registry, and the running requests for tokens.
pub(crate) struct Tokens {
    cache: Arc<dyn TokenCache>,
    flights: SingleFlight<TokenKey, Fetched>,
}

impl Tokens {
    pub(crate) fn new(cache: Arc<dyn TokenCache>) -> Self {
        Self {
            cache,
            flights: SingleFlight::new(),
        }
    }

    /// A cached token that covers `key`.
    pub(crate) async fn find(&self, key: &TokenKey) -> Option<Arc<Token>> {
        find(self.cache.as_ref(), key).await
    }

    /// A token that covers `key`, and whether this call requested it.
    ///
    /// If a token with more scopes is being requested, this waits for it instead of requesting another one.
    pub(crate) async fn fetch<F>(
        &self,
        key: &TokenKey,
        fetch: impl Fn(TokenKey) -> F,
    ) -> Result<(Arc<Token>, bool), Error>
    where
        F: Future<Output = Result<Token, Error>> + Send + 'static,
    {
        let joined = self.join(key, |other| other.covers(key), &fetch);
        match joined.flight.await {
            // A refusal of more scopes says nothing about fewer.
            Err(_) if joined.key != *key => {
                let joined = self.join(key, |other| other == key, &fetch);
                Ok((joined.flight.await?, joined.is_new))
            }
            fetched => Ok((fetched?, joined.is_new)),
        }
    }

    /// Removes a token that the registry refused.
    pub(crate) async fn remove(&self, refused: &Token) {
        self.cache.remove(refused).await;
    }

    fn join<F>(
        &self,
        key: &TokenKey,
        fits: impl Fn(&TokenKey) -> bool,
        fetch: impl Fn(TokenKey) -> F,
    ) -> Joined<TokenKey, Fetched>
    where
        F: Future<Output = Result<Token, Error>> + Send + 'static,
    {
        self.flights.join(key.clone(), fits, || {
            let cache = Arc::clone(&self.cache);
            let key = key.clone();
            let fetching = fetch(key.clone());
            Box::pin(async move {
                // It may have arrived after the cache was checked and before this started.
                if let Some(token) = find(cache.as_ref(), &key).await {
                    return Ok(token);
                }
                let token = Arc::new(fetching.await?);
                cache.insert(Arc::clone(&token)).await;
                Ok(token)
            })
        })
    }
}

/// The cached token, if it is valid: a cache of the caller may be wrong.
async fn find(cache: &dyn TokenCache, key: &TokenKey) -> Option<Arc<Token>> {
    cache.find(key).await.filter(|token| token.serves(key))
}
