//! `DockerConfig`: credentials as Docker keeps them.

use std::path::PathBuf;

use crate::credential_file::{CredentialFile, keeps_credentials};
use crate::default_helper::default_helper;
use crate::error::Error;

/// The credentials in Docker's `config.json`, shared with `docker`, `oras` and others.
///
/// The file is read anew for each question. A file that does not exist, or is empty, holds nothing. The credential
/// of a registry is with its helper of `credHelpers`, else with that of `credsStore`, else in `auths`, in plain
/// base64. A helper that fails is an error, never "no credential". A credential is for a whole registry: keys with a
/// namespace are not read and not written.
///
/// Nothing is written in plain text unless [`with_plain_text`](Self::with_plain_text) allows it.
///
/// Writing keeps everything else in the file as it is, in its order. The file is replaced whole or not at all, with
/// mode 0600, under a lock on a file beside it; a symbolic link is followed, and a file that cannot be read as
/// configuration is not touched.
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
    /// The file of the environment: `$DOCKER_CONFIG/config.json`, else `.docker/config.json` in the home folder.
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

    /// The file at `path`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(CredentialFile::new(path.into(), false))
    }

    /// Whether [`default_helper`](Self::default_helper) keeps credentials where the file does not say who does: it has no
    /// `credsStore`, and nothing in `credHelpers` and `auths`. The first credential that is stored puts `credsStore` into the
    /// file, so that everybody finds it. Default: no.
    #[must_use]
    pub fn with_default_helper(mut self, allow: bool) -> Self {
        self.0.default_helper = allow;
        self
    }

    /// The name of the helper that docker and oras use on this platform where nothing is configured; `None` where its program
    /// is not in the folders of helpers.
    ///
    /// It is `osxkeychain` on macOS and `wincred` on Windows; on Linux it is `pass` where there is a program of that name,
    /// else `secretservice`.
    pub fn default_helper(&self) -> Option<&'static str> {
        default_helper(self.0.helpers.folders.as_deref())
    }
}

keeps_credentials!(DockerConfig);
