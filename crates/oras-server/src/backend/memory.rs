//! Repositories in memory.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use oras_content::{Result, Store};
use oras_memory::MemoryStore;

use super::Backend;

/// Repositories that live as long as the last clone of this backend. Pushing to a new name creates it.
#[derive(Clone, Debug, Default)]
pub struct MemoryBackend {
    stores: Arc<Mutex<BTreeMap<String, MemoryStore>>>,
}

impl MemoryBackend {
    /// Creates a backend without repositories.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the store of a repository, creating it if necessary, to read or fill it without HTTP.
    pub fn store(&self, name: &str) -> MemoryStore {
        self.stores().entry(name.to_owned()).or_default().clone()
    }

    fn stores(&self) -> MutexGuard<'_, BTreeMap<String, MemoryStore>> {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Backend for MemoryBackend {
    async fn open(&self, name: &str, create: bool) -> Result<Option<Arc<dyn Store>>> {
        let found = match create {
            true => Some(self.store(name)),
            false => self.stores().get(name).cloned(),
        };
        Ok(found.map(|store| Arc::new(store) as Arc<dyn Store>))
    }

    async fn names(&self, last: Option<&str>, limit: usize) -> Result<Vec<String>> {
        let start = last.map_or(Bound::Unbounded, Bound::Excluded);
        let stores = self.stores();
        let names = stores.range::<str, _>((start, Bound::Unbounded));
        Ok(names.take(limit).map(|(name, _)| name.clone()).collect())
    }
}
