//! `RegistriesConfig`: the locations and mirrors of registries.

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

/// The configuration in `registries.conf` and the files of `registries.conf.d`.
///
/// Spec: containers-registries.conf(5), version 2; containers-registries.conf.d(5). The differences: version 1 is
/// refused, a host without a port does not match the same host with one, and the aliases that podman records itself
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
    /// Only the first existing file is used: the one in `CONTAINERS_REGISTRIES_CONF`, the user's, the system's. The
    /// drop-ins follow in the order of their names, those of the system before those of the user. With a file of the
    /// user, the drop-ins of the system are ignored. Without any file the configuration is empty.
    ///
    /// # Errors
    ///
    /// - [`Error::Read`]: a file cannot be read, or the one in `CONTAINERS_REGISTRIES_CONF` does not exist.
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

    /// Parses the text of one file. `file` is its name in errors and explanations.
    ///
    /// # Errors
    ///
    /// [`Error::Syntax`], [`Error::Value`] or [`Error::Version1`]: the text is not valid.
    pub fn parse(file: impl AsRef<Path>, text: &str) -> Result<Self, Error> {
        let mut config = Self::default();
        config.add(file.as_ref(), text)?;
        Ok(config)
    }

    /// Adds the content of another file. It replaces whole tables of the same prefix, whole lists, and single aliases.
    /// An alias with an empty target removes an alias.
    ///
    /// # Errors
    ///
    /// As for [`parse`](Self::parse). Nothing is added then.
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

    /// Returns the files that were read, in order.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Returns the `[[registry]]` tables in effect, sorted by prefix.
    pub fn registries(&self) -> impl Iterator<Item = &Registry> {
        self.registries.values()
    }

    /// Returns the hosts of `unqualified-search-registries`, in order.
    pub fn search_registries(&self) -> &[String] {
        &self.search
    }

    /// Returns the `short-name-mode`. [`expand`](Self::expand) is the same in each mode, because it never guesses a
    /// registry.
    pub fn short_name_mode(&self) -> ShortNameMode {
        self.short_name_mode
    }

    /// Returns the names in `credential-helpers`, in order.
    pub fn credential_helpers(&self) -> &[String] {
        &self.credential_helpers
    }

    /// Returns the members that no manual page documents.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Reads the main file, which is not a drop-in. Returns whether it is the user's.
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

    /// The table with the longest prefix of `text`, and the number of bytes it matches.
    fn find(&self, text: &str) -> Option<(&Registry, usize)> {
        let matches = self.registries.values().filter_map(|registry| {
            let length = prefix::matching(text, &registry.prefix)?;
            Some((registry, length))
        });
        // If two match the same length, the one without a wildcard wins, then the longer one.
        matches.max_by_key(|(registry, length)| {
            let prefix = &registry.prefix;
            (*length, !prefix.starts_with('*'), prefix.len())
        })
    }
}
