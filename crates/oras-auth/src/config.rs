//! `DockerConfig`: credentials as Docker keeps them, in a file or with helpers.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use oras_fs::{AtomicFile, Durability, Lock, follow_links};

use crate::config_file::{ConfigFile, Fault};
use crate::credential::Credential;
use crate::credential_key::CredentialKey;
use crate::error::Error;
use crate::found::FoundCredential;
use crate::helper::{Helper, HelperOptions};
use crate::provider::{CredentialProvider, CredentialStore};
use crate::query::CredentialQuery;

/// How long another writer is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// The most bytes a configuration file may have.
const FILE_LIMIT: u64 = 16 * 1024 * 1024;

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
pub struct DockerConfig {
    path: PathBuf,
    helpers: HelperOptions,
    plain_text: bool,
}

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
        let helpers = HelperOptions {
            folders: None,
            timeout: Duration::from_secs(60),
        };
        Self {
            path: path.into(),
            helpers,
            plain_text: false,
        }
    }

    /// Looks for helpers in these folders, which must be absolute. Default: those of `PATH`.
    #[must_use]
    pub fn with_helper_folders(mut self, folders: impl IntoIterator<Item = PathBuf>) -> Self {
        self.helpers.folders = Some(folders.into_iter().collect());
        self
    }

    /// The most time a helper may take; it may have to ask a person. Default: 60 s.
    #[must_use]
    pub fn with_helper_timeout(mut self, limit: Duration) -> Self {
        self.helpers.timeout = limit;
        self
    }

    /// Whether credentials without a helper are kept in the file itself, in plain base64, which everybody can read who
    /// can read the file. Default: no. What is there already is read either way.
    #[must_use]
    pub fn with_plain_text(mut self, allow: bool) -> Self {
        self.plain_text = allow;
        self
    }

    /// Where the file is, or would be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the helper that keeps the credential of `registry`; `None` means the file itself does, in plain
    /// base64.
    ///
    /// # Errors
    ///
    /// - [`Error::Config`]: the file cannot be read.
    pub async fn helper_for(&self, registry: &str) -> Result<Option<String>, Error> {
        let file = self.read().await?;
        file.helper(registry).map_err(|fault| self.fault(fault))
    }

    async fn read(&self) -> Result<ConfigFile, Error> {
        let path = self.path.clone();
        self.blocking(move || read(&path)).await
    }

    /// Changes the file; what `change` says did not change is not written.
    async fn update(
        &self,
        change: impl FnOnce(&mut ConfigFile) -> Result<bool, Fault> + Send + 'static,
    ) -> Result<(), Error> {
        let path = self.path.clone();
        self.blocking(move || update(&path, change)).await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => Err(Error::config_from(
                    &self.path,
                    "the runtime is shutting down",
                    error,
                )),
            },
        }
    }

    fn whole_registry<'a>(&self, key: &'a CredentialKey) -> Result<&'a str, Error> {
        match key.namespace() {
            None => Ok(key.registry()),
            Some(_) => Err(Error::config(
                &self.path,
                format!("it keeps credentials for whole registries, and {key} is a part of one"),
            )),
        }
    }

    fn fault(&self, fault: Fault) -> Error {
        unusable(&self.path, fault)
    }
}

#[async_trait]
impl CredentialProvider for DockerConfig {
    async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
        let registry = query.registry;
        let file = self.read().await?;
        let credential = match file.helper(registry).map_err(|fault| self.fault(fault))? {
            Some(name) => Helper::new(&name, &self.helpers)?.get(registry).await?,
            None => file.credential(registry).map_err(|fault| self.fault(fault))?,
        };
        Ok(credential.map(|credential| FoundCredential::for_registry(credential, query)))
    }
}

#[async_trait]
impl CredentialStore for DockerConfig {
    async fn put(&self, key: &CredentialKey, credential: &Credential) -> Result<(), Error> {
        credential.check()?;
        if credential.is_anonymous() {
            return Err(Error::InvalidCredential { what: "it is empty" });
        }
        let registry = self.whole_registry(key)?;
        if let Some(name) = self.helper_for(registry).await? {
            return Helper::new(&name, &self.helpers)?
                .store(registry, credential)
                .await;
        }
        if !self.plain_text {
            return Err(Error::PlainTextStore {
                path: self.path.clone(),
                registry: registry.to_owned(),
            });
        }
        let (registry, credential) = (registry.to_owned(), credential.clone());
        self.update(move |file| file.put(&registry, &credential).map(|()| true))
            .await
    }

    async fn delete(&self, key: &CredentialKey) -> Result<(), Error> {
        let registry = self.whole_registry(key)?;
        if let Some(name) = self.helper_for(registry).await? {
            Helper::new(&name, &self.helpers)?.erase(registry).await?;
        }
        if !self.read().await?.delete(registry) {
            return Ok(());
        }
        let registry = registry.to_owned();
        self.update(move |file| Ok(file.delete(&registry))).await
    }
}

fn unusable(path: &Path, Fault(what): Fault) -> Error {
    Error::config(path, what)
}

fn read(path: &Path) -> Result<ConfigFile, Error> {
    let length = match fs::metadata(path) {
        Ok(data) if !data.is_file() => return Err(Error::config(path, "it is not a file")),
        Ok(data) => data.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(ConfigFile::default()),
        Err(error) => return Err(Error::config_from(path, "cannot read it", error)),
    };
    if length > FILE_LIMIT {
        return Err(Error::config(path, "it is larger than 16 MiB"));
    }
    let text = fs::read(path).map_err(|error| Error::config_from(path, "cannot read it", error))?;
    ConfigFile::parse(&text).map_err(|fault| unusable(path, fault))
}

fn update(path: &Path, change: impl FnOnce(&mut ConfigFile) -> Result<bool, Fault>) -> Result<(), Error> {
    let failed = |error: io::Error| Error::config_from(path, "cannot write it", error);
    let target = follow_links(path).map_err(failed)?;
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    create_private(folder).map_err(failed)?;
    let mut lock = target.clone().into_os_string();
    lock.push(".lock");
    let _lock = Lock::acquire(Path::new(&lock), LOCK_WAIT).map_err(|error| failed(error.into()))?;

    let mut file = read(&target)?;
    if !change(&mut file).map_err(|fault| unusable(path, fault))? {
        return Ok(());
    }
    let text = file.into_text().map_err(|fault| unusable(path, fault))?;
    write(folder, &target, text.as_bytes()).map_err(failed)
}

fn write(folder: &Path, target: &Path, text: &[u8]) -> io::Result<()> {
    oras_fs::sweep(folder, oras_fs::GRACE);
    let mut new = AtomicFile::create(folder, 0o600)?;
    new.write_all(text)?;
    keep_owner(target, &mut new)?;
    Ok(new.commit(target, Durability::Full)?)
}

#[cfg(unix)]
fn create_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// A file that belongs to somebody else still does afterwards, or is left alone.
#[cfg(unix)]
fn keep_owner(old: &Path, new: &mut AtomicFile) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let Ok(old) = fs::metadata(old) else {
        return Ok(());
    };
    if new.file().metadata()?.uid() == old.uid() {
        return Ok(());
    }
    fchown(new.file(), Some(old.uid()), Some(old.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_old: &Path, _new: &mut AtomicFile) -> io::Result<()> {
    Ok(())
}
