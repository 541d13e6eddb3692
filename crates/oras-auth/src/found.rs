//! `FoundCredential`: a credential, and where it was found.

use crate::credential::Credential;
use crate::credential_key::CredentialKey;
use crate::error::Error;
use crate::provider::CredentialProvider;
use crate::query::CredentialQuery;

/// A credential, and the key under which it was found.
///
/// The key says how far the credential reaches: requests whose answers have the same key and credential share their
/// tokens, and no others do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoundCredential {
    /// The credential.
    pub credential: Credential,
    /// What it is for.
    pub key: CredentialKey,
}

impl FoundCredential {
    /// A credential that was found under `key`.
    pub fn new(credential: Credential, key: CredentialKey) -> Self {
        Self { credential, key }
    }

    /// A credential for the whole registry that was asked for.
    pub fn for_registry(credential: Credential, query: &CredentialQuery<'_>) -> Self {
        Self::new(credential, query.registry_key())
    }
}

/// The answer of the first of `providers` that has one. Where one fails, those after it are not asked.
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
