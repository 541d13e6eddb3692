//! `DockerConfigText`: credentials in the text of Docker's configuration file.

use std::fmt;

use async_trait::async_trait;

use crate::config_file::ConfigFile;
use crate::error::Error;
use crate::found::FoundCredential;
use crate::provider::CredentialProvider;
use crate::query::CredentialQuery;

/// The credentials in a text of the form of Docker's `config.json`, as CI systems keep it in a variable.
///
/// Only `auths` is read: no helper that the text names is run.
///
/// ```
/// use oras_auth::{CredentialProvider, CredentialQuery, DockerConfigText, Error};
///
/// # async fn show() -> Result<(), Error> {
/// let text = r#"{"auths": {"registry.example": {"auth": "YW5uOnNlY3JldA=="}}}"#;
/// let credentials = DockerConfigText::parse("$REGISTRY_LOGINS", text)?;
/// let query = CredentialQuery::new("registry.example");
/// assert!(credentials.credential(&query).await?.is_some());
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(show()).unwrap();
/// ```
///
/// Spec: docker login, "Credential stores", for `auths`.
pub struct DockerConfigText {
    name: String,
    file: ConfigFile,
}

impl DockerConfigText {
    /// Reads `text`, which errors call `name`. An empty text has no credential.
    ///
    /// # Errors
    ///
    /// - [`Error::Config`]: it is not a JSON object, or a member is not of its type. The text is not repeated.
    pub fn parse(name: impl Into<String>, text: impl AsRef<[u8]>) -> Result<Self, Error> {
        let name = name.into();
        let parsed = ConfigFile::parse(text.as_ref());
        let file = parsed.map_err(|fault| Error::config(&name, fault.0))?;
        Ok(Self { name, file })
    }
}

#[async_trait]
impl CredentialProvider for DockerConfigText {
    async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
        let key = query.registry_key();
        let found = self.file.credential(&key);
        let found = found.map_err(|fault| Error::config(&self.name, fault.0))?;
        Ok(found.map(|credential| FoundCredential::new(credential, key)))
    }
}

impl fmt::Debug for DockerConfigText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DockerConfigText").field(&self.name).finish()
    }
}
