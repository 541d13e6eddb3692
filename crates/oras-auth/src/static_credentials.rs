//! `StaticCredentials`: one fixed credential.

use async_trait::async_trait;

use crate::credential::Credential;
use crate::credential_key::CredentialKey;
use crate::error::Error;
use crate::found::FoundCredential;
use crate::provider::CredentialProvider;
use crate::query::CredentialQuery;

/// One credential for a registry, or for a part of one.
#[derive(Clone, Debug)]
pub struct StaticCredentials(FoundCredential);

impl StaticCredentials {
    /// Creates the provider. `key` is `host` or `host:port`, with a namespace if the credential is for a part of the
    /// registry.
    pub fn new(key: impl Into<CredentialKey>, credential: Credential) -> Self {
        Self(FoundCredential::new(credential, key.into()))
    }
}

#[async_trait]
impl CredentialProvider for StaticCredentials {
    async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
        let found = query.is_covered_by(&self.0.key).then(|| self.0.clone());
        Ok(found)
    }
}
