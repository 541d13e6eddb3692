//! `CredentialProvider`: a source of credentials.

use async_trait::async_trait;

use crate::credential::Credential;
use crate::credential_key::CredentialKey;
use crate::error::Error;
use crate::found::FoundCredential;
use crate::query::CredentialQuery;

/// A source of credentials.
///
/// ```
/// use async_trait::async_trait;
/// use oras_auth::{Credential, CredentialProvider, CredentialQuery, Error, FoundCredential};
///
/// /// One account for each team.
/// struct Teams;
///
/// #[async_trait]
/// impl CredentialProvider for Teams {
///     async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
///         let Some((team, _)) = query.repository.and_then(|name| name.split_once('/')) else {
///             return Ok(None);
///         };
///         let credential = Credential::basic(team, "s3cret")?;
///         let key = query.registry_key().with_namespace(team);
///         Ok(Some(FoundCredential::new(credential, key)))
///     }
/// }
/// ```
#[async_trait]
pub trait CredentialProvider: Send + Sync {
    /// Returns the credential for the query, or `None` if there is none.
    ///
    /// [`AuthLayer`](crate::AuthLayer) calls this once for each repository, when the registry first sends a challenge,
    /// and again after the registry refused the credential.
    ///
    /// # Errors
    ///
    /// A failed lookup must be an error, never `None`. Otherwise the request could be sent elsewhere, or without a
    /// credential.
    async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error>;
}

/// A source of credentials that can also store them.
#[async_trait]
pub trait CredentialStore: CredentialProvider {
    /// Stores the credential under `key`, replacing an earlier one.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidCredential`]: it cannot be stored or sent.
    /// - [`Error::PlainTextStore`]: it would be stored in plain text, which is not allowed.
    /// - [`Error::Config`], [`Error::Helper`]: the store failed, or does not support such a key.
    async fn put(&self, key: &CredentialKey, credential: &Credential) -> Result<(), Error>;

    /// Removes the credential under `key`, if there is one.
    ///
    /// # Errors
    ///
    /// - [`Error::Config`], [`Error::Helper`]: the store failed.
    async fn delete(&self, key: &CredentialKey) -> Result<(), Error>;
}

/// A provider without credentials.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCredentials;

#[async_trait]
impl CredentialProvider for NoCredentials {
    async fn credential(&self, _query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
        Ok(None)
    }
}
