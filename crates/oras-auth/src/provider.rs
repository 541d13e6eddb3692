//! `CredentialProvider`: where credentials come from.

use async_trait::async_trait;

use crate::credential::Credential;
use crate::credential_key::CredentialKey;
use crate::error::Error;
use crate::found::FoundCredential;
use crate::query::CredentialQuery;

/// Gives credentials.
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
    /// The credential for what is asked about, or `None` where there is none.
    ///
    /// [`AuthLayer`](crate::AuthLayer) asks once for each repository, when the registry first challenges, and again
    /// after the registry refused the answer.
    ///
    /// # Errors
    ///
    /// Failing to find out is an error, never "none": what is asked for could otherwise be sent elsewhere, or
    /// without a credential.
    async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error>;
}

/// Keeps credentials.
#[async_trait]
pub trait CredentialStore: CredentialProvider {
    /// Stores the credential under `key`, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidCredential`]: it cannot be kept or sent.
    /// - [`Error::PlainTextStore`]: it would be kept in plain text, which the store was not allowed.
    /// - [`Error::Config`], [`Error::Helper`]: the store failed, or does not take such a key.
    async fn put(&self, key: &CredentialKey, credential: &Credential) -> Result<(), Error>;

    /// Removes the credential under `key`; there being none is no error.
    ///
    /// # Errors
    ///
    /// - [`Error::Config`], [`Error::Helper`]: the store failed.
    async fn delete(&self, key: &CredentialKey) -> Result<(), Error>;
}

/// No credential for anybody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCredentials;

#[async_trait]
impl CredentialProvider for NoCredentials {
    async fn credential(&self, _query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
        Ok(None)
    }
}
