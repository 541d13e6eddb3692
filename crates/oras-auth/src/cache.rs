//! `Tokens`: the tokens one registry takes, kept for as long as they last.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::error::Error;
use crate::flight::{Flights, Joined};
use crate::token::{Token, TokenKey};

/// The most tokens kept for one registry; beyond it the one that expires first goes.
const CAPACITY: usize = 512;

type Fetched = Result<Arc<Token>, Error>;

/// The tokens one registry takes, and the requests for tokens under way.
pub(crate) struct Tokens {
    kept: Mutex<Vec<Arc<Token>>>,
    flights: Flights<TokenKey, Fetched>,
}

impl Tokens {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            kept: Mutex::default(),
            flights: Flights::new(),
        })
    }

    /// A token that permits what `key` says, kept or new, and whether it was asked for by this very call.
    ///
    /// A token on its way that permits more is waited for instead of asking for another one.
    pub(crate) async fn get<F>(
        self: &Arc<Self>,
        key: &TokenKey,
        fetch: impl Fn(TokenKey) -> F,
    ) -> Result<(Arc<Token>, bool), Error>
    where
        F: Future<Output = Result<Token, Error>> + Send + 'static,
    {
        if let Some(token) = self.find(key) {
            return Ok((token, false));
        }
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
    pub(crate) fn remove(&self, refused: &Arc<Token>) {
        self.kept().retain(|token| !Arc::ptr_eq(token, refused));
    }

    fn join<F>(
        self: &Arc<Self>,
        key: &TokenKey,
        fits: impl Fn(&TokenKey) -> bool,
        fetch: impl Fn(TokenKey) -> F,
    ) -> Joined<TokenKey, Fetched>
    where
        F: Future<Output = Result<Token, Error>> + Send + 'static,
    {
        self.flights.join(key.clone(), fits, || {
            let tokens = Arc::clone(self);
            let key = key.clone();
            let fetching = fetch(key.clone());
            Box::pin(async move {
                // It may have arrived between the look at what is kept and the start of this.
                if let Some(token) = tokens.find(&key) {
                    return Ok(token);
                }
                let token = Arc::new(fetching.await?);
                tokens.keep(Arc::clone(&token));
                Ok(token)
            })
        })
    }

    fn find(&self, key: &TokenKey) -> Option<Arc<Token>> {
        let now = Instant::now();
        self.kept()
            .iter()
            .find(|token| token.expires > now && token.key.covers(key))
            .cloned()
    }

    fn keep(&self, token: Arc<Token>) {
        let now = Instant::now();
        let mut kept = self.kept();
        kept.retain(|token| token.expires > now);
        if kept.len() >= CAPACITY
            && let Some(first) = (0..kept.len()).min_by_key(|index| kept[*index].expires)
        {
            kept.swap_remove(first);
        }
        kept.push(token);
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Arc<Token>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
