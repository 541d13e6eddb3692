//! `EnvironmentCredentials`: the credentials a user of docker and podman has.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::config_text::DockerConfigText;
use crate::containers_auth::ContainersAuth;
use crate::credential_key::CredentialKey;
use crate::docker_config::DockerConfig;
use crate::error::Error;
use crate::found::{FoundCredential, first_found};
use crate::provider::CredentialProvider;
use crate::query::CredentialQuery;

/// Docker's configuration, as text in the environment.
const DOCKER_AUTH_CONFIG: &str = "DOCKER_AUTH_CONFIG";
/// The path of the file of podman, buildah and skopeo.
const REGISTRY_AUTH_FILE: &str = "REGISTRY_AUTH_FILE";

/// The credentials that docker, podman, buildah and skopeo would find.
///
/// These sources are queried in order, and the first that has a credential wins:
///
/// 1. `$DOCKER_AUTH_CONFIG`: the text of a configuration, of which `auths` is read.
/// 2. `$REGISTRY_AUTH_FILE`, an `auth.json`. If it is set, the files of 4 are not read.
/// 3. [`DockerConfig::from_environment`].
/// 4. `$XDG_RUNTIME_DIR/containers/auth.json`, or on Linux `/run/containers/<user id>/auth.json` if the variable is not
///    set; then `containers/auth.json` in `$XDG_CONFIG_HOME`, whose default is `.config` in the home folder.
///
/// A source that cannot be read is an error, and later ones are not queried.
///
/// ```no_run
/// use oras_auth::{CredentialQuery, EnvironmentCredentials, Error};
///
/// # async fn show() -> Result<(), Error> {
/// let credentials = EnvironmentCredentials::detect()?;
/// let query = CredentialQuery::new("quay.io").with_repository("team/app");
/// for answer in credentials.explain(&query).await {
///     println!("{answer}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// Spec: docker login; containers-auth.json(5).
pub struct EnvironmentCredentials {
    sources: Vec<Source>,
}

/// The answer of one source of credentials.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SourceAnswer {
    /// A path, or the name of a variable.
    pub source: String,
    /// The key the credential is stored under. `None` if there is no credential.
    pub found: Result<Option<CredentialKey>, Error>,
}

impl SourceAnswer {
    /// Creates the answer of `source`, without the secret.
    pub fn new(source: impl Into<String>, said: Result<Option<FoundCredential>, Error>) -> Self {
        Self {
            source: source.into(),
            found: said.map(|found| found.map(|found| found.key)),
        }
    }
}

enum Source {
    Text { name: &'static str, text: OsString },
    Docker(DockerConfig),
    Containers(ContainersAuth),
}

impl EnvironmentCredentials {
    /// Detects the sources in the environment of this process. Nothing is read yet.
    ///
    /// # Errors
    ///
    /// - [`Error::Config`]: there is no home folder.
    pub fn detect() -> Result<Self, Error> {
        let docker = DockerConfig::from_environment()?;
        let (home, runtime) = (env::home_dir(), runtime_folder());
        Ok(Self::new(docker, |name| env::var_os(name), home, runtime))
    }

    fn new(
        docker: DockerConfig,
        variable: impl Fn(&str) -> Option<OsString>,
        home: Option<PathBuf>,
        runtime: Option<PathBuf>,
    ) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let folder = |name: &str| variable(name).map(PathBuf::from);
        let text = variable(DOCKER_AUTH_CONFIG).map(|text| Source::Text {
            name: DOCKER_AUTH_CONFIG,
            text,
        });
        let mut sources: Vec<Source> = text.into_iter().collect();
        if let Some(file) = folder(REGISTRY_AUTH_FILE) {
            sources.push(Source::Containers(ContainersAuth::at(file)));
            sources.push(Source::Docker(docker));
            return Self { sources };
        }
        sources.push(Source::Docker(docker));
        let config = folder("XDG_CONFIG_HOME").or_else(|| home.map(|home| home.join(".config")));
        let within = |folder: PathBuf| folder.join("containers");
        let folders = [
            folder("XDG_RUNTIME_DIR").map(within).or(runtime),
            config.map(within),
        ];
        let files = folders
            .into_iter()
            .flatten()
            .map(|folder| folder.join("auth.json"));
        sources.extend(files.map(|file| Source::Containers(ContainersAuth::at(file))));
        Self { sources }
    }

    /// Keeps only the sources that are queried before the file at `path`.
    #[must_use]
    pub fn before(mut self, path: &Path) -> Self {
        let end = self.sources.iter().position(|source| source.is_at(path));
        self.sources.truncate(end.unwrap_or(self.sources.len()));
        self
    }

    /// Removes the file at `path` from the sources.
    #[must_use]
    pub fn without(mut self, path: &Path) -> Self {
        self.sources.retain(|source| !source.is_at(path));
        self
    }

    /// Returns the answers of all sources, in order, without the secrets. Answers after the first with a credential or
    /// an error have no effect.
    pub async fn explain(&self, query: &CredentialQuery<'_>) -> Vec<SourceAnswer> {
        let mut answers = Vec::new();
        for source in &self.sources {
            let said = source.credential(query).await;
            answers.push(SourceAnswer::new(source.to_string(), said));
        }
        answers
    }
}

#[async_trait]
impl CredentialProvider for EnvironmentCredentials {
    async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
        let sources = self
            .sources
            .iter()
            .map(|source| source as &dyn CredentialProvider);
        first_found(sources, query).await
    }
}

impl fmt::Debug for EnvironmentCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.sources.iter().map(Source::to_string))
            .finish()
    }
}

/// The folder that podman uses without `$XDG_RUNTIME_DIR`, for example for root or outside a session.
#[cfg(target_os = "linux")]
fn runtime_folder() -> Option<PathBuf> {
    use std::os::unix::fs::MetadataExt;

    let user = std::fs::metadata("/proc/self").ok()?.uid();
    let folder = PathBuf::from(format!("/run/containers/{user}"));
    // A folder that cannot be entered belongs to another user.
    folder.is_dir().then_some(folder)
}

#[cfg(not(target_os = "linux"))]
fn runtime_folder() -> Option<PathBuf> {
    None
}

impl Source {
    fn is_at(&self, path: &Path) -> bool {
        match self {
            Self::Text { .. } => false,
            Self::Docker(config) => config.path() == path,
            Self::Containers(file) => file.path() == path,
        }
    }
}

#[async_trait]
impl CredentialProvider for Source {
    async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
        match self {
            Self::Docker(config) => config.credential(query).await,
            Self::Containers(file) => file.credential(query).await,
            Self::Text { name, text } => {
                let text = DockerConfigText::parse(*name, text.as_encoded_bytes())?;
                text.credential(query).await
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { name, .. } => write!(f, "${name}"),
            Self::Docker(config) => config.path().display().fmt(f),
            Self::Containers(file) => file.path().display().fmt(f),
        }
    }
}

impl fmt::Display for SourceAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = &self.source;
        match &self.found {
            Ok(Some(key)) => write!(f, "{source}: a credential for {key}"),
            Ok(None) => write!(f, "{source}: none"),
            Err(error) => write!(f, "{source}: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::fs;

    const ALICE: &str = "YWxpY2U6aHVudGVyMg==";

    fn write(path: &Path, key: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!(r#"{{"auths":{{"{key}":{{"auth":"{ALICE}"}}}}}}"#)).unwrap();
    }

    fn with(folder: &Path, variables: &[(&str, &str)]) -> EnvironmentCredentials {
        let variables: HashMap<&str, OsString> = variables
            .iter()
            .map(|(name, value)| {
                (
                    *name,
                    OsString::from(value.replace("~", folder.to_str().unwrap())),
                )
            })
            .collect();
        let docker = DockerConfig::at(folder.join("docker").join("config.json"));
        EnvironmentCredentials::new(
            docker,
            |name| variables.get(name).cloned(),
            Some(folder.to_owned()),
            Some(folder.join("run-of-user")),
        )
    }

    /// The sources that have a credential for `quay.io/team/app`.
    async fn found(credentials: &EnvironmentCredentials) -> Vec<(String, Option<String>)> {
        let query = CredentialQuery::new("quay.io").with_repository("team/app");
        let answers = credentials.explain(&query).await.into_iter();
        answers
            .map(|answer| {
                let key = answer.found.unwrap().map(|key| key.to_string());
                let name = answer.source.rsplit('/').nth(1).unwrap_or(&answer.source);
                (name.to_owned(), key)
            })
            .collect()
    }

    #[tokio::test]
    async fn the_files_of_docker_and_podman_are_asked_in_turn() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        write(&at("run/containers/auth.json"), "quay.io/team");
        write(&at(".config/containers/auth.json"), "quay.io");
        let credentials = with(folder.path(), &[("XDG_RUNTIME_DIR", "~/run")]);
        let expected = |docker: Option<&str>| {
            let named = |key: &str| Some(key.to_owned());
            vec![
                ("docker".to_owned(), docker.map(str::to_owned)),
                ("containers".to_owned(), named("quay.io/team")),
                ("containers".to_owned(), named("quay.io")),
            ]
        };
        assert_eq!(found(&credentials).await, expected(None));
        let query = CredentialQuery::new("quay.io").with_repository("team/app");
        let first = credentials.credential(&query).await.unwrap().unwrap();
        assert_eq!(first.key.to_string(), "quay.io/team");

        write(&at("docker/config.json"), "quay.io");
        assert_eq!(found(&credentials).await, expected(Some("quay.io")));
        let first = credentials.credential(&query).await.unwrap().unwrap();
        assert_eq!(first.key.to_string(), "quay.io");
    }

    #[tokio::test]
    async fn variables_go_first() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("own.json"), "quay.io/team/app");
        write(
            &folder.path().join(".config").join("containers").join("auth.json"),
            "quay.io",
        );
        let text = format!(r#"{{"auths":{{"quay.io":{{"auth":"{ALICE}"}}}}}}"#);
        let variables = [
            ("DOCKER_AUTH_CONFIG", text.as_str()),
            ("REGISTRY_AUTH_FILE", "~/own.json"),
        ];
        let credentials = with(folder.path(), &variables);
        let found = found(&credentials).await;
        assert_eq!(
            found[0],
            ("$DOCKER_AUTH_CONFIG".to_owned(), Some("quay.io".to_owned()))
        );
        assert_eq!(found[1].1.as_deref(), Some("quay.io/team/app"));
        assert_eq!((found.len(), &found[2].1), (3, &None));
    }

    #[tokio::test]
    async fn without_a_session_the_logins_of_podman_are_in_the_folder_of_the_user() {
        let folder = tempfile::tempdir().unwrap();
        write(
            &folder.path().join("run-of-user").join("auth.json"),
            "quay.io/team",
        );
        let query = CredentialQuery::new("quay.io").with_repository("team/app");
        let found = with(folder.path(), &[]).credential(&query).await.unwrap();
        assert_eq!(found.unwrap().key.to_string(), "quay.io/team");
        let session = with(folder.path(), &[("XDG_RUNTIME_DIR", "~/run")]);
        assert_eq!(session.credential(&query).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_source_that_cannot_be_read_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = with(folder.path(), &[("DOCKER_AUTH_CONFIG", "{\"auths\": hunter2}")]);
        let query = CredentialQuery::new("quay.io");
        let error = credentials.credential(&query).await.unwrap_err().to_string();
        assert!(
            error.contains("DOCKER_AUTH_CONFIG") && error.contains("line 1"),
            "{error}"
        );
        assert!(!error.contains("hunter2") && !format!("{credentials:?}").contains("hunter2"));
    }
}
