//! `TokenCache`: keeps tokens between requests.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use oras_transport::Origin;

use crate::token::Token;
use crate::token_key::TokenKey;

/// Maximum number of tokens kept for one registry. Beyond it, the one that expires first is evicted.
const CAPACITY: usize = 512;

/// A cache of tokens.
///
/// With [`AuthOptions::with_token_cache`](crate::AuthOptions::with_token_cache), one cache can serve several clients,
/// or have other limits than [`MemoryTokenCache`]. A cache cannot fail: if it is unavailable, it finds nothing. It need
/// not be exact: a token that has expired, or whose key does not cover the request, is not sent.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use async_trait::async_trait;
/// use oras_auth::{AuthOptions, Token, TokenCache, TokenKey};
///
/// /// Keeps only the last token.
/// #[derive(Debug, Default)]
/// struct Last(Mutex<Option<Arc<Token>>>);
///
/// #[async_trait]
/// impl TokenCache for Last {
///     async fn find(&self, wanted: &TokenKey) -> Option<Arc<Token>> {
///         let last = self.0.lock().ok()?;
///         last.clone().filter(|token| token.key().covers(wanted))
///     }
///
///     async fn insert(&self, token: Arc<Token>) {
///         if let Ok(mut last) = self.0.lock() {
///             *last = Some(token);
///         }
///     }
///
///     async fn remove(&self, refused: &Token) {
///         if let Ok(mut last) = self.0.lock() {
///             last.take_if(|token| **token == *refused);
///         }
///     }
/// }
///
/// let options = AuthOptions::default().with_token_cache(Arc::new(Last::default()));
/// # let _ = options;
/// ```
#[async_trait]
pub trait TokenCache: fmt::Debug + Send + Sync {
    /// Returns an unexpired token whose key [covers](TokenKey::covers) `wanted`, if there is one.
    async fn find(&self, wanted: &TokenKey) -> Option<Arc<Token>>;

    /// Stores a new token.
    async fn insert(&self, token: Arc<Token>);

    /// Removes a token that the registry refused, unless another one has replaced it.
    async fn remove(&self, refused: &Token);
}

/// A cache in memory, with at most 512 tokens for each registry.
#[derive(Default)]
pub struct MemoryTokenCache {
    by_origin: Mutex<HashMap<Origin, Vec<Arc<Token>>>>,
}

impl MemoryTokenCache {
    /// Creates an empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    fn by_origin(&self) -> MutexGuard<'_, HashMap<Origin, Vec<Arc<Token>>>> {
        self.by_origin.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TokenCache for MemoryTokenCache {
    async fn find(&self, wanted: &TokenKey) -> Option<Arc<Token>> {
        let by_origin = self.by_origin();
        let kept = by_origin.get(wanted.origin())?;
        kept.iter().find(|token| token.serves(wanted)).cloned()
    }

    async fn insert(&self, token: Arc<Token>) {
        let mut by_origin = self.by_origin();
        let kept = by_origin.entry(token.key().origin().clone()).or_default();
        kept.retain(|token| !token.remaining().is_zero());
        if kept.len() >= CAPACITY
            && let Some(first) = (0..kept.len()).min_by_key(|index| kept[*index].remaining())
        {
            kept.swap_remove(first);
        }
        kept.push(token);
    }

    async fn remove(&self, refused: &Token) {
        if let Some(kept) = self.by_origin().get_mut(refused.key().origin()) {
            kept.retain(|token| **token != *refused);
        }
    }
}

impl fmt::Debug for MemoryTokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens: usize = self.by_origin().values().map(Vec::len).sum();
        f.debug_struct("MemoryTokenCache")
            .field("tokens", &tokens)
            .finish_non_exhaustive()
    }
}
