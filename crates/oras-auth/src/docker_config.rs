//! `DockerConfig`: credentials in Docker's format.

use std::path::PathBuf;

use crate::credential_file::{CredentialFile, keeps_credentials};
use crate::default_helper::default_helper;
use crate::error::Error;

/// Credentials in Docker's `config.json`, shared with `docker`, `oras` and others.
///
/// The file is read again for each query. A missing or empty file has no credentials. The credential of a registry is
/// stored by its helper in `credHelpers`, else by that in `credsStore`, else in `auths`, in plain base64. If a helper
/// fails, that is an error, never "no credential". A credential is for a whole registry: keys with a namespace are
/// neither read nor written.
///
/// Nothing is written in plain text unless [`with_plain_text`](Self::with_plain_text) allows it.
///
/// A write keeps the rest of the file unchanged, in order. The file is replaced atomically, with mode 0600, under a
/// lock on a file beside it. A symbolic link is followed. A file that is not a valid configuration is not changed.
///
/// ```no_run
/// use oras_auth::{Credential, CredentialStore, DockerConfig, Error};
///
/// # async fn log_in() -> Result<(), Error> {
/// let config = DockerConfig::from_environment()?;
/// let alice = Credential::basic("alice", "s3cret")?;
/// match config.put(&"reg.example".into(), &alice).await {
///     Err(Error::PlainTextStore { path, .. }) => println!("no helper is configured in {}", path.display()),
///     stored => stored?,
/// }
/// # Ok(())
/// # }
/// ```
///
/// Spec: docker login, "Credential stores" and "Credential helpers".
#[derive(Clone, Debug)]
pub struct DockerConfig(CredentialFile);

impl DockerConfig {
    /// Uses `$DOCKER_CONFIG/config.json`, else `.docker/config.json` in the home folder.
    ///
    /// # Errors
    ///
    /// - [`Error::Config`]: there is no home folder.
    pub fn from_environment() -> Result<Self, Error> {
        let folder = std::env::var_os("DOCKER_CONFIG")
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from);
        let folder = folder.or_else(|| std::env::home_dir().map(|home| home.join(".docker")));
        let folder = folder.ok_or_else(|| Error::config(".docker", "the home folder is not known"))?;
        Ok(Self::at(folder.join("config.json")))
    }

    /// Uses the file at `path`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(CredentialFile::new(path.into(), false))
    }

    /// Sets whether [`default_helper`](Self::default_helper) is used if the file configures nothing: it has no
    /// `credsStore`, and no entries in `credHelpers` and `auths`. Storing the first credential then writes `credsStore`
    /// to the file, so that other programs find the helper. Default: no.
    #[must_use]
    pub fn with_default_helper(mut self, allow: bool) -> Self {
        self.0.default_helper = allow;
        self
    }

    /// Returns the default helper of docker and oras on this platform, or `None` if its program is not in the folders
    /// of helpers.
    ///
    /// It is `osxkeychain` on macOS and `wincred` on Windows. On Linux it is `pass` if there is a program of that name,
    /// else `secretservice`.
    pub fn default_helper(&self) -> Option<&'static str> {
        default_helper(self.0.helpers.folders.as_deref())
    }
}

keeps_credentials!(DockerConfig);
