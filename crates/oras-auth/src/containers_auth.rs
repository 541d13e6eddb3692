//! `ContainersAuth`: credentials in the format of podman, buildah and skopeo.

use std::path::PathBuf;

use crate::credential_file::{CredentialFile, keeps_credentials};

/// Credentials in an `auth.json`, shared with podman, buildah and skopeo.
///
/// Like [`DockerConfig`](crate::DockerConfig), but a credential may be for a part of a registry, such as
/// `quay.io/team`. Of the credentials that cover a repository, the most specific one is used. Helpers store credentials
/// of whole registries, and take precedence over the file itself.
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
    /// Uses the file at `path`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(CredentialFile::new(path.into(), true))
    }
}

keeps_credentials!(ContainersAuth);
