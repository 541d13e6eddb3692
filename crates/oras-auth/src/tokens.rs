//! `Tokens`: the tokens of one registry, those that are kept and those on their way.

use std::sync::Arc;

use crate::error::Error;
use crate::single_flight::{Joined, SingleFlight};
use crate::token::Token;
use crate::token_cache::TokenCache;
use crate::token_key::TokenKey;

type Fetched = Result<Arc<Token>, Error>;

/// The tokens of one registry, and the requests for tokens under way.
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

    /// A token that is kept and permits what `key` says.
    pub(crate) async fn find(&self, key: &TokenKey) -> Option<Arc<Token>> {
        find(self.cache.as_ref(), key).await
    }

    /// A token that permits what `key` says, and whether it was asked for by this very call.
    ///
    /// A token on its way that permits more is waited for instead of asking for another one.
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
            // Somebody who wanted more got nothing; that says nothing about less.
            Err(_) if joined.key != *key => {
                let joined = self.join(key, |other| other == key, &fetch);
                Ok((joined.flight.await?, joined.is_new))
            }
            fetched => Ok((fetched?, joined.is_new)),
        }
    }

    /// Drops a token the registry refused.
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
                // It may have arrived between the look at what is kept and the start of this.
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

/// What the cache has, where it is right: the caller's own cache may not be.
async fn find(cache: &dyn TokenCache, key: &TokenKey) -> Option<Arc<Token>> {
    cache.find(key).await.filter(|token| token.serves(key))
}
