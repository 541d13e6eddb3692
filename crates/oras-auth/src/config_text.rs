//! `DockerConfigText`: credentials in the text of Docker's configuration file.

use std::fmt;

use async_trait::async_trait;

use crate::config_file::ConfigFile;
use crate::error::Error;
use crate::found::FoundCredential;
use crate::provider::CredentialProvider;
use crate::query::CredentialQuery;

/// Credentials in a text in the format of Docker's `config.json`, as CI systems store it in a variable.
///
/// Only `auths` is read. Helpers named in the text are not run.
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
    /// Parses `text`. Errors refer to it as `name`. An empty text has no credentials.
    ///
    /// # Errors
    ///
    /// - [`Error::Config`]: the text is not a JSON object, or a member has the wrong type. The error does not quote the
    ///   text.
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
