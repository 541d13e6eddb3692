//! `ContainersAuth`: credentials as podman, buildah and skopeo keep them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;

use crate::credential::Credential;
use crate::credential_file::CredentialFile;
use crate::credential_key::CredentialKey;
use crate::error::Error;
use crate::found::FoundCredential;
use crate::provider::{CredentialProvider, CredentialStore};
use crate::query::CredentialQuery;

/// The credentials in an `auth.json`, shared with podman, buildah and skopeo.
///
/// It is as [`DockerConfig`](crate::DockerConfig), with one difference: a credential may be for a part of a registry,
/// as that of `quay.io/team`. Of those that cover a repository the most specific one counts. Helpers keep credentials
/// of whole registries, and go before the file's own.
///
/// ```no_run
/// use oras_auth::{ContainersAuth, Credential, CredentialStore, Error};
///
/// # async fn log_in() -> Result<(), Error> {
/// let file = ContainersAuth::at("/run/user/1000/containers/auth.json").with_plain_text(true);
/// let team = Credential::basic("team", "s3cret")?;
/// file.put(&"quay.io/team".into(), &team).await?;
/// # Ok(())
/// # }
/// ```
///
/// Spec: containers-auth.json(5).
#[derive(Clone, Debug)]
pub struct ContainersAuth(CredentialFile);

impl ContainersAuth {
    /// The file at `path`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(CredentialFile::new(path.into(), true))
    }

    /// Looks for helpers in these folders, which must be absolute. Default: those of `PATH`.
    #[must_use]
    pub fn with_helper_folders(mut self, folders: impl IntoIterator<Item = PathBuf>) -> Self {
        self.0.helpers.folders = Some(folders.into_iter().collect());
        self
    }

    /// The most time a helper may take; it may have to ask a person. Default: 60 s.
    #[must_use]
    pub fn with_helper_timeout(mut self, limit: Duration) -> Self {
        self.0.helpers.timeout = limit;
        self
    }

    /// Whether credentials without a helper are kept in the file itself, in plain base64, which everybody can read who
    /// can read the file. Default: no. What is there already is read either way.
    #[must_use]
    pub fn with_plain_text(mut self, allow: bool) -> Self {
        self.0.plain_text = allow;
        self
    }

    /// Where the file is, or would be.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The name of the helper that keeps the credential of `registry`; `None` means the file itself does, in plain
    /// base64.
    ///
    /// # Errors
    ///
    /// - [`Error::Config`]: the file cannot be read.
    pub async fn helper_for(&self, registry: &str) -> Result<Option<String>, Error> {
        self.0.helper_for(registry).await
    }
}

#[async_trait]
impl CredentialProvider for ContainersAuth {
    async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
        self.0.find(query).await
    }
}

#[async_trait]
impl CredentialStore for ContainersAuth {
    async fn put(&self, key: &CredentialKey, credential: &Credential) -> Result<(), Error> {
        self.0.put(key, credential).await
    }

    async fn delete(&self, key: &CredentialKey) -> Result<(), Error> {
        self.0.delete(key).await
    }
}
