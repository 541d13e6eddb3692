//! Repositories of the caller's stores.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use oras_content::{Result, Store};

use super::Backend;

/// A fixed set of stores, each under a name.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oras_server::Error> {
/// use std::sync::Arc;
/// use oras_memory::MemoryStore;
/// use oras_server::{Server, ServerOptions, StoreBackend};
///
/// let backend = StoreBackend::new().with_store("my/app", Arc::new(MemoryStore::new())).read_only();
/// let server = Server::start(ServerOptions::default().with_backend(Arc::new(backend))).await?;
/// # drop(server);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct StoreBackend {
    stores: BTreeMap<String, Arc<dyn Store>>,
    read_only: bool,
}

impl StoreBackend {
    /// Creates a backend without stores.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a store. Invalid repository names are never looked up.
    #[must_use]
    pub fn with_store(mut self, name: impl Into<String>, store: Arc<dyn Store>) -> Self {
        self.stores.insert(name.into(), store);
        self
    }

    /// Makes the backend read-only.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }
}

#[async_trait]
impl Backend for StoreBackend {
    async fn open(&self, name: &str, _create: bool) -> Result<Option<Arc<dyn Store>>> {
        Ok(self.stores.get(name).cloned())
    }

    async fn names(&self, last: Option<&str>, limit: usize) -> Result<Vec<String>> {
        let start = last.map_or(Bound::Unbounded, Bound::Excluded);
        let names = self.stores.range::<str, _>((start, Bound::Unbounded));
        Ok(names.take(limit).map(|(name, _)| name.clone()).collect())
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }
}

impl fmt::Debug for StoreBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreBackend")
            .field("names", &self.stores.keys())
            .field("read_only", &self.read_only)
            .finish()
    }
}
