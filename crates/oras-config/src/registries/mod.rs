//! `RegistriesConfig`: which servers stand for a registry.

mod file;
mod plan;
mod prefix;
mod registry;
mod short_name;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use self::file::ConfigFile;
pub use self::plan::{Endpoint, Match, Plan};
pub(crate) use self::prefix::qualified;
pub use self::registry::{Mirror, PullFromMirror, Registry};
pub use self::short_name::{Alias, ShortNameMode};
use crate::{Error, Roots, Warning, files};

/// What `registries.conf` and the files of `registries.conf.d` say.
///
/// Spec: containers-registries.conf(5), version 2; containers-registries.conf.d(5). What differs: version 1 is refused,
/// a host without a port does not match the same host with one, and the aliases that podman records itself
/// (`short-name-aliases.conf`) are not read.
///
/// ```
/// use oras_config::{Error, RegistriesConfig};
///
/// let config = RegistriesConfig::parse("registries.conf", r#"
/// [[registry]]
/// location = "old.example.com"
/// blocked = true
/// "#)?;
/// let refused = config.resolve(&"old.example.com/app:v1".parse()?);
/// assert!(matches!(refused, Err(Error::Blocked { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct RegistriesConfig {
    files: Vec<PathBuf>,
    registries: BTreeMap<String, Registry>,
    search: Vec<String>,
    short_name_mode: ShortNameMode,
    aliases: BTreeMap<String, Alias>,
    credential_helpers: Vec<String>,
    warnings: Vec<Warning>,
}

impl RegistriesConfig {
    /// Reads the files below `roots`.
    ///
    /// The first file that there is counts: the one of `CONTAINERS_REGISTRIES_CONF`, the user's, the system's. The
    /// drop-ins follow in the order of their names, those of the system before those of the user; beside a file of the
    /// user, the drop-ins of the system do not count. Without any file the configuration is empty.
    ///
    /// # Errors
    ///
    /// - [`Error::Read`]: a file cannot be read, or the one of `CONTAINERS_REGISTRIES_CONF` does not exist.
    /// - [`Error::Syntax`], [`Error::Value`], [`Error::Version1`]: a file is not valid.
    pub fn load(roots: &Roots) -> Result<Self, Error> {
        let mut config = Self::default();
        let is_users = config.read_main(roots)?;
        let mut folders = roots.containers("registries.conf.d");
        folders.reverse();
        if is_users {
            folders.remove(0);
        }
        for folder in folders {
            for path in files::list(&folder, &["conf"])?.unwrap_or_default() {
                config.read(&path)?;
            }
        }
        Ok(config)
    }

    /// Reads one file's text; `file` is its name in errors and explanations.
    ///
    /// # Errors
    ///
    /// [`Error::Syntax`], [`Error::Value`] or [`Error::Version1`] when it is not valid.
    pub fn parse(file: impl AsRef<Path>, text: &str) -> Result<Self, Error> {
        let mut config = Self::default();
        config.add(file.as_ref(), text)?;
        Ok(config)
    }

    /// Adds what another file says. It replaces tables of the same prefix as a whole, lists as a whole, and aliases one
    /// by one; an alias of nothing removes one.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse). Nothing is added then.
    pub fn add(&mut self, file: impl AsRef<Path>, text: &str) -> Result<(), Error> {
        let path = file.as_ref();
        let file = ConfigFile::parse(path, text)?;
        self.files.push(path.to_owned());
        self.warnings.extend(file.warnings);
        self.short_name_mode = file.short_name_mode.unwrap_or(self.short_name_mode);
        if let Some(search) = file.search {
            self.search = search;
        }
        if let Some(helpers) = file.credential_helpers {
            self.credential_helpers = helpers;
        }
        let registries = file.registries.into_iter();
        self.registries
            .extend(registries.map(|registry| (registry.prefix.clone(), registry)));
        for (name, alias) in file.aliases {
            match alias {
                Some(alias) => self.aliases.insert(name, alias),
                None => self.aliases.remove(&name),
            };
        }
        Ok(())
    }

    /// The files that were read, in order.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The `[[registry]]` tables that count, sorted by prefix.
    pub fn registries(&self) -> impl Iterator<Item = &Registry> {
        self.registries.values()
    }

    /// The hosts of `unqualified-search-registries`, in order.
    pub fn search_registries(&self) -> &[String] {
        &self.search
    }

    /// What `short-name-mode` says. [`expand`](Self::expand) is the same in each mode: it guesses no registry.
    pub fn short_name_mode(&self) -> ShortNameMode {
        self.short_name_mode
    }

    /// The names of `credential-helpers`, in order; empty where no file says any.
    pub fn credential_helpers(&self) -> &[String] {
        &self.credential_helpers
    }

    /// Members that no manual page names.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Reads the one file that is not a drop-in, and says whether it is the user's.
    fn read_main(&mut self, roots: &Roots) -> Result<bool, Error> {
        if let Some(path) = roots.registries_conf() {
            return match self.read(path)? {
                true => Ok(false),
                false => Err(Error::Read {
                    path: path.to_owned(),
                    source: io::ErrorKind::NotFound.into(),
                }),
            };
        }
        for (index, path) in roots.containers("registries.conf").iter().enumerate() {
            if self.read(path)? {
                return Ok(index == 0 && roots.user().is_some());
            }
        }
        Ok(false)
    }

    fn read(&mut self, path: &Path) -> Result<bool, Error> {
        let text = files::read(path)?;
        text.map_or(Ok(false), |text| self.add(path, &text).map(|()| true))
    }

    /// The table with the longest prefix of `text`, and how many bytes of it that matches.
    fn find(&self, text: &str) -> Option<(&Registry, usize)> {
        let matches = self.registries.values().filter_map(|registry| {
            let length = prefix::matching(text, &registry.prefix)?;
            Some((registry, length))
        });
        // Of two that match as much, the one without a wildcard says more, then the longer one.
        matches.max_by_key(|(registry, length)| {
            let prefix = &registry.prefix;
            (*length, !prefix.starts_with('*'), prefix.len())
        })
    }
}
