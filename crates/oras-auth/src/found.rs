//! `FoundCredential`: a credential and its key.

use crate::credential::Credential;
use crate::credential_key::CredentialKey;
use crate::error::Error;
use crate::provider::CredentialProvider;
use crate::query::CredentialQuery;

/// A credential, and the key it was found under.
///
/// The key determines the reach of the credential: only requests whose key and credential are equal share tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoundCredential {
    /// The credential.
    pub credential: Credential,
    /// The key it was found under.
    pub key: CredentialKey,
}

impl FoundCredential {
    /// Creates a credential that was found under `key`.
    pub fn new(credential: Credential, key: CredentialKey) -> Self {
        Self { credential, key }
    }

    /// Creates a credential for the whole registry of the query.
    pub fn for_registry(credential: Credential, query: &CredentialQuery<'_>) -> Self {
        Self::new(credential, query.registry_key())
    }
}

/// The first credential of `providers`. If one fails, later ones are not queried.
pub(crate) async fn first_found<'a>(
    providers: impl Iterator<Item = &'a dyn CredentialProvider> + Send,
    query: &CredentialQuery<'_>,
) -> Result<Option<FoundCredential>, Error> {
    for provider in providers {
        if let Some(found) = provider.credential(query).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
