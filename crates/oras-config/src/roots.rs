//! `Roots`: the folders to search for configuration.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folders to search for configuration.
///
/// [`from_environment`](Self::from_environment) uses the folders of podman, skopeo and docker. Tests and programs that
/// must not depend on the machine use their own folders.
///
/// ```
/// use oras_config::Roots;
///
/// let roots = Roots::new("/srv/image/etc").with_user("/home/ann/.config");
/// assert!(roots.system().ends_with("etc"));
/// ```
#[derive(Clone, Debug)]
pub struct Roots {
    system: PathBuf,
    user: Option<PathBuf>,
    registries_conf: Option<PathBuf>,
}

impl Roots {
    /// Uses this folder in place of `/etc`, and no other.
    pub fn new(system: impl Into<PathBuf>) -> Self {
        Self {
            system: system.into(),
            user: None,
            registries_conf: None,
        }
    }

    /// Uses the folders of the environment: `/etc`, `XDG_CONFIG_HOME` or `HOME/.config`, and the file in
    /// `CONTAINERS_REGISTRIES_CONF`.
    ///
    /// An empty variable counts as unset, and so does a relative path for the user's folder.
    pub fn from_environment() -> Self {
        Self::from_variables(|name| std::env::var_os(name))
    }

    /// Like [`from_environment`](Self::from_environment), with the values that `variable` returns.
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let path = |name| {
            variable(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let absolute = |name| path(name).filter(|path| path.is_absolute());
        Self {
            system: PathBuf::from("/etc"),
            user: absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config"))),
            registries_conf: path("CONTAINERS_REGISTRIES_CONF"),
        }
    }

    /// Adds a folder in place of `~/.config`.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<PathBuf>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Reads this file instead of `registries.conf` of the user or the system. It must exist.
    #[must_use]
    pub fn with_registries_conf(mut self, file: impl Into<PathBuf>) -> Self {
        self.registries_conf = Some(file.into());
        self
    }

    /// Returns the folder of the system.
    pub fn system(&self) -> &Path {
        &self.system
    }

    /// Returns the folder of the user, if there is one.
    pub fn user(&self) -> Option<&Path> {
        self.user.as_deref()
    }

    /// Returns the file that replaces `registries.conf`, if there is one.
    pub fn registries_conf(&self) -> Option<&Path> {
        self.registries_conf.as_deref()
    }

    /// The path below `containers` of the user, if there is one, then of the system.
    pub(crate) fn containers(&self, path: &str) -> Vec<PathBuf> {
        let folders = self.user.iter().chain([&self.system]);
        folders
            .map(|folder| folder.join("containers").join(path))
            .collect()
    }
}
