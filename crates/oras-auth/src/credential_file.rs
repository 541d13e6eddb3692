//! `CredentialFile`: a file with credentials, or with the names of the helpers that store them.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use oras_fs::{AtomicFile, Durability, Lock, follow_links};

use crate::config_file::{ConfigFile, Fault};
use crate::credential::Credential;
use crate::credential_key::CredentialKey;
use crate::default_helper::default_helper;
use crate::error::Error;
use crate::found::FoundCredential;
use crate::helper::{Helper, HelperOptions};
use crate::query::CredentialQuery;

/// The longest wait for the lock of another writer.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// Maximum size of a configuration file in bytes.
const FILE_LIMIT: u64 = 16 * 1024 * 1024;

/// Options and traits shared by all stores with such a file. `$store` wraps a [`CredentialFile`].
macro_rules! keeps_credentials {
    ($store:ident) => {
        impl $store {
            /// Sets the folders to search for helpers, which must be absolute. Default: those of `PATH`.
            #[must_use]
            pub fn with_helper_folders(
                mut self,
                folders: impl IntoIterator<Item = std::path::PathBuf>,
            ) -> Self {
                self.0.helpers.folders = Some(folders.into_iter().collect());
                self
            }

            /// Sets the timeout for a helper, which may have to ask the user. Default: 60 s.
            #[must_use]
            pub fn with_helper_timeout(mut self, limit: std::time::Duration) -> Self {
                self.0.helpers.timeout = limit;
                self
            }

            /// Sets whether credentials without a helper are stored in the file itself, in plain base64, which anyone
            /// with access to the file can read. Default: no. Existing ones are read in either case.
            #[must_use]
            pub fn with_plain_text(mut self, allow: bool) -> Self {
                self.0.plain_text = allow;
                self
            }

            /// Returns the path of the file, which need not exist.
            pub fn path(&self) -> &std::path::Path {
                &self.0.path
            }

            /// Returns the name of the helper that stores the credential of `registry`. `None` means the file itself,
            /// in plain base64.
            ///
            /// # Errors
            ///
            /// - [`Error::Config`](crate::Error::Config): the file cannot be read.
            pub async fn helper_for(&self, registry: &str) -> Result<Option<String>, crate::Error> {
                self.0.helper_for(registry).await
            }

            /// Returns `true` if the file configures where credentials are stored: it has `credsStore`, even if only to
            /// disable the default helper, or entries in `credHelpers` or `auths`.
            ///
            /// # Errors
            ///
            /// - [`Error::Config`](crate::Error::Config): the file cannot be read.
            pub async fn is_configured(&self) -> Result<bool, crate::Error> {
                self.0.is_configured().await
            }
        }

        #[async_trait::async_trait]
        impl crate::CredentialProvider for $store {
            async fn credential(
                &self,
                query: &crate::CredentialQuery<'_>,
            ) -> Result<Option<crate::FoundCredential>, crate::Error> {
                self.0.find(query).await
            }
        }

        #[async_trait::async_trait]
        impl crate::CredentialStore for $store {
            async fn put(
                &self,
                key: &crate::CredentialKey,
                credential: &crate::Credential,
            ) -> Result<(), crate::Error> {
                self.0.put(key, credential).await
            }

            async fn delete(&self, key: &crate::CredentialKey) -> Result<(), crate::Error> {
                self.0.delete(key).await
            }
        }
    };
}
pub(crate) use keeps_credentials;

/// A file in Docker's format. It is read again for each query, and replaced atomically under a lock.
#[derive(Clone, Debug)]
pub(crate) struct CredentialFile {
    pub(crate) path: PathBuf,
    pub(crate) helpers: HelperOptions,
    /// Whether credentials without a helper are stored in the file itself.
    pub(crate) plain_text: bool,
    /// Whether to use the platform's default helper if the file configures nothing.
    pub(crate) default_helper: bool,
    /// Whether a credential may be for a part of a registry.
    has_namespaces: bool,
}

impl CredentialFile {
    pub(crate) fn new(path: PathBuf, has_namespaces: bool) -> Self {
        let helpers = HelperOptions {
            folders: None,
            timeout: Duration::from_secs(60),
        };
        Self {
            path,
            helpers,
            plain_text: false,
            default_helper: false,
            has_namespaces,
        }
    }

    /// The helper that stores the credential of `registry`. `None` means the file itself.
    pub(crate) async fn helper_for(&self, registry: &str) -> Result<Option<String>, Error> {
        let file = self.read().await?;
        self.helper_in(&file, registry)
    }

    pub(crate) async fn is_configured(&self) -> Result<bool, Error> {
        Ok(self.read().await?.is_configured())
    }

    fn helper_in(&self, file: &ConfigFile, registry: &str) -> Result<Option<String>, Error> {
        if let Some(name) = self.detected(file) {
            return Ok(Some(name.to_owned()));
        }
        file.helper(registry).map_err(|fault| self.fault(fault))
    }

    /// The platform's default helper, if it is enabled and installed, and the file configures nothing.
    fn detected(&self, file: &ConfigFile) -> Option<&'static str> {
        let is_open = self.default_helper && !file.is_configured();
        is_open
            .then(|| default_helper(self.helpers.folders.as_deref()))
            .flatten()
    }

    pub(crate) async fn find(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
        let registry = query.registry;
        let file = self.read().await?;
        if let Some(name) = self.helper_in(&file, registry)? {
            let helper = Helper::new(&name, &self.helpers)?;
            let found = helper.get_first(&file.helper_names(registry)).await?;
            return Ok(found.map(|credential| FoundCredential::for_registry(credential, query)));
        }
        let reaches = |key: &CredentialKey| self.has_namespaces || key.namespace().is_none();
        for key in query.keys().filter(reaches) {
            if let Some(credential) = file.credential(&key).map_err(|fault| self.fault(fault))? {
                return Ok(Some(FoundCredential::new(credential, key)));
            }
        }
        Ok(None)
    }

    pub(crate) async fn put(&self, key: &CredentialKey, credential: &Credential) -> Result<(), Error> {
        credential.check()?;
        if credential.is_anonymous() {
            return Err(Error::InvalidCredential { what: "it is empty" });
        }
        self.check_key(key)?;
        let file = self.read().await?;
        if let Some(name) = self.helper_in(&file, key.registry())? {
            self.check_whole(key, "its helper keeps")?;
            let names = file.helper_names(key.registry());
            Helper::new(&name, &self.helpers)?
                .store(&names[0], credential)
                .await?;
            return match self.detected(&file) {
                Some(name) => self.update(move |file| keep_with(file, name)).await,
                None => Ok(()),
            };
        }
        if !self.plain_text {
            return Err(Error::PlainTextStore {
                path: self.path.clone(),
                registry: key.to_string(),
            });
        }
        let (key, credential) = (key.clone(), credential.clone());
        self.update(move |file| file.put(&key, &credential).map(|()| true))
            .await
    }

    pub(crate) async fn delete(&self, key: &CredentialKey) -> Result<(), Error> {
        self.check_key(key)?;
        let mut file = self.read().await?;
        if key.namespace().is_none()
            && let Some(name) = self.helper_in(&file, key.registry())?
        {
            let helper = Helper::new(&name, &self.helpers)?;
            helper.erase_all(&file.helper_names(key.registry())).await?;
        }
        if !file.delete(key) {
            return Ok(());
        }
        let key = key.clone();
        self.update(move |file| Ok(file.delete(&key))).await
    }

    fn check_key(&self, key: &CredentialKey) -> Result<(), Error> {
        match self.has_namespaces {
            true => Ok(()),
            false => self.check_whole(key, "it keeps"),
        }
    }

    fn check_whole(&self, key: &CredentialKey, who: &str) -> Result<(), Error> {
        match key.namespace() {
            None => Ok(()),
            Some(_) => Err(Error::config(
                &self.path,
                format!("{who} credentials for whole registries, and {key} is a part of one"),
            )),
        }
    }

    async fn read(&self) -> Result<ConfigFile, Error> {
        let path = self.path.clone();
        self.blocking(move || read(&path)).await
    }

    /// Changes the file. It is written only if `change` returns `true`.
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

    fn fault(&self, fault: Fault) -> Error {
        unusable(&self.path, fault)
    }
}

/// Makes the file name the helper that stores its credentials from now on.
fn keep_with(file: &mut ConfigFile, name: &str) -> Result<bool, Fault> {
    match file.is_configured() {
        true => Err(Fault(format!(
            "it was changed while {name} stored a credential: log in again"
        ))),
        false => file.set_store(name).map(|()| true),
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

/// Keeps the owner of the file, or fails without replacing it.
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
