//! `Roots`: the folders that configuration is looked for in.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where configuration is looked for.
///
/// [`from_environment`](Self::from_environment) gives the places that podman, skopeo and docker use. Tests and programs
/// that must not depend on the machine build one from folders of their own.
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
    /// Looks in this folder for what is usually in `/etc`, and nowhere else.
    pub fn new(system: impl Into<PathBuf>) -> Self {
        Self {
            system: system.into(),
            user: None,
            registries_conf: None,
        }
    }

    /// The places that the environment names: `/etc`, `XDG_CONFIG_HOME` or `HOME/.config`, and
    /// `CONTAINERS_REGISTRIES_CONF`.
    ///
    /// A variable that is empty counts as unset, and so does a folder of the user that is not absolute.
    pub fn from_environment() -> Self {
        Self::from_variables(|name| std::env::var_os(name))
    }

    /// [`from_environment`](Self::from_environment), with the variables that `variable` knows.
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

    /// Looks in this folder, too, for what is usually in `~/.config`.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<PathBuf>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Reads this file instead of `registries.conf` of the user or the system. It has to exist.
    #[must_use]
    pub fn with_registries_conf(mut self, file: impl Into<PathBuf>) -> Self {
        self.registries_conf = Some(file.into());
        self
    }

    /// The folder of the system.
    pub fn system(&self) -> &Path {
        &self.system
    }

    /// The folder of the user.
    pub fn user(&self) -> Option<&Path> {
        self.user.as_deref()
    }

    /// The file that stands for `registries.conf`.
    pub fn registries_conf(&self) -> Option<&Path> {
        self.registries_conf.as_deref()
    }

    /// A path below `containers` of the user, if there is one, then of the system.
    pub(crate) fn containers(&self, path: &str) -> Vec<PathBuf> {
        let folders = self.user.iter().chain([&self.system]);
        folders
            .map(|folder| folder.join("containers").join(path))
            .collect()
    }
}
