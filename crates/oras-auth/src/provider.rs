//! `CredentialProvider`: where credentials come from.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::credential::Credential;
use crate::error::Error;
use crate::registry_name::{same_registry, storage_key};

/// Gives the credential for a registry.
#[async_trait]
pub trait CredentialProvider: Send + Sync {
    /// The credential for `registry`, which is `host` or `host:port`, or `None` where there is none.
    ///
    /// # Errors
    ///
    /// Failing to find out is an error, never "none": what is asked for could otherwise be sent elsewhere, or
    /// without a credential.
    async fn credential(&self, registry: &str) -> Result<Option<Credential>, Error>;
}

/// Keeps credentials.
#[async_trait]
pub trait CredentialStore: CredentialProvider {
    /// Stores the credential for `registry`, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidCredential`]: it cannot be kept or sent.
    /// - [`Error::Config`], [`Error::Helper`]: the store failed.
    async fn put(&self, registry: &str, credential: &Credential) -> Result<(), Error>;

    /// Removes the credential for `registry`; there being none is no error.
    ///
    /// # Errors
    ///
    /// - [`Error::Config`], [`Error::Helper`]: the store failed.
    async fn delete(&self, registry: &str) -> Result<(), Error>;
}

/// No credential for anybody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCredentials;

#[async_trait]
impl CredentialProvider for NoCredentials {
    async fn credential(&self, _registry: &str) -> Result<Option<Credential>, Error> {
        Ok(None)
    }
}

/// One credential for one registry.
#[derive(Clone, Debug)]
pub struct StaticCredentials {
    registry: String,
    credential: Credential,
}

impl StaticCredentials {
    /// `registry` is `host` or `host:port`.
    pub fn new(registry: impl Into<String>, credential: Credential) -> Self {
        Self {
            registry: registry.into(),
            credential,
        }
    }
}

#[async_trait]
impl CredentialProvider for StaticCredentials {
    async fn credential(&self, registry: &str) -> Result<Option<Credential>, Error> {
        Ok(same_registry(&self.registry, registry).then(|| self.credential.clone()))
    }
}

/// Credentials kept in memory.
#[derive(Debug, Default)]
pub struct MemoryCredentials {
    by_key: Mutex<HashMap<String, Credential>>,
}

impl MemoryCredentials {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl CredentialProvider for MemoryCredentials {
    async fn credential(&self, registry: &str) -> Result<Option<Credential>, Error> {
        let by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(by_key.get(&key(registry)).cloned())
    }
}

#[async_trait]
impl CredentialStore for MemoryCredentials {
    async fn put(&self, registry: &str, credential: &Credential) -> Result<(), Error> {
        credential.check()?;
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        by_key.insert(key(registry), credential.clone());
        Ok(())
    }

    async fn delete(&self, registry: &str) -> Result<(), Error> {
        self.by_key
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&key(registry));
        Ok(())
    }
}

fn key(registry: &str) -> String {
    storage_key(registry).to_ascii_lowercase()
}
