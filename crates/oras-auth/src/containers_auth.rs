//! `ContainersAuth`: credentials as podman, buildah and skopeo keep them.

use std::path::PathBuf;

use crate::credential_file::{CredentialFile, keeps_credentials};

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
}

keeps_credentials!(ContainersAuth);
