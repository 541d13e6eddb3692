//! `MemoryCredentials`: a credential store in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::credential::Credential;
use crate::credential_key::CredentialKey;
use crate::error::Error;
use crate::found::FoundCredential;
use crate::provider::{CredentialProvider, CredentialStore};
use crate::query::CredentialQuery;

/// Credentials in memory, for whole registries and for namespaces. The most specific one is found.
#[derive(Debug, Default)]
pub struct MemoryCredentials {
    by_key: Mutex<HashMap<CredentialKey, Credential>>,
}

impl MemoryCredentials {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn by_key(&self) -> MutexGuard<'_, HashMap<CredentialKey, Credential>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl CredentialProvider for MemoryCredentials {
    async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
        let by_key = self.by_key();
        let found = query.keys().find_map(|key| {
            let credential = by_key.get(&key)?.clone();
            Some(FoundCredential::new(credential, key))
        });
        Ok(found)
    }
}

#[async_trait]
impl CredentialStore for MemoryCredentials {
    async fn put(&self, key: &CredentialKey, credential: &Credential) -> Result<(), Error> {
        credential.check()?;
        self.by_key().insert(key.clone(), credential.clone());
        Ok(())
    }

    async fn delete(&self, key: &CredentialKey) -> Result<(), Error> {
        self.by_key().remove(key);
        Ok(())
    }
}
