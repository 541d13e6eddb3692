//! `Lookasides`: the locations of signatures outside a registry.

mod section;

use std::collections::BTreeMap;
use std::path::Path;

use oras_content::Reference;

use self::section::Section;
use crate::policy::scope_names;
use crate::registries::qualified;
use crate::yaml::{self, Member, Value};
use crate::{Error, Origin, Roots, files};

/// The configuration of signatures in the files of `registries.d`.
///
/// This only finds the locations of signatures. It does not read or write them.
///
/// ```
/// use oras_config::Lookasides;
///
/// let lookasides = Lookasides::parse("team.yaml", "
/// docker:
///   registry.example.com:
///     lookaside: https://signatures.example.com
///   registry.example.com/team:
///     use-sigstore-attachments: true
/// ")?;
/// let found = lookasides.find(&"registry.example.com/team/app:v1".parse()?);
/// assert_eq!(found.read.map(|it| it.value).as_deref(), Some("https://signatures.example.com"));
/// assert!(found.attachments.is_some_and(|it| it.value));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Spec: containers-registries.d(5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookasides {
    default: Option<(Origin, Section)>,
    docker: BTreeMap<String, (Origin, Section)>,
}

/// The locations of the signatures of an image. `None` means that no file sets the value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lookaside {
    /// The base URL to read signatures from, of `file`, `http` or `https`: `lookaside`, or `sigstore`, its old name.
    pub read: Option<Said<String>>,
    /// The base URL to write them to: `lookaside-staging` or `sigstore-staging`, else that of `read`.
    pub write: Option<Said<String>>,
    /// Whether sigstore signatures are attached to the image in the registry: `use-sigstore-attachments`.
    pub attachments: Option<Said<bool>>,
}

/// A value, and its position in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<T> {
    /// The value.
    pub value: T,
    /// The position of the value.
    pub at: Origin,
}

impl Lookasides {
    /// Reads `*.yaml` in `containers/registries.d` of the user, or of the system if there is no such folder.
    ///
    /// # Errors
    ///
    /// - [`Error::Read`]: the folder or a file cannot be read.
    /// - As for [`parse`](Self::parse), and [`Error::Value`]: two files configure the same namespace, or both set a
    ///   default.
    pub fn load(roots: &Roots) -> Result<Self, Error> {
        let mut all = Self::default();
        for folder in roots.containers("registries.d") {
            let Some(paths) = files::list(&folder, &["yaml"])? else {
                continue;
            };
            for path in paths {
                if let Some(text) = files::read(&path)? {
                    all.add(&path, &text)?;
                }
            }
            break;
        }
        Ok(all)
    }

    /// Parses one file. `file` is its name in errors and origins.
    ///
    /// # Errors
    ///
    /// - [`Error::Syntax`]: the text is not YAML, does not consist of maps of strings, or repeats a name.
    /// - [`Error::Value`]: a member is unknown, or has a value that the manual page does not allow.
    pub fn parse(file: impl AsRef<Path>, text: &str) -> Result<Self, Error> {
        let mut all = Self::default();
        all.add(file.as_ref(), text)?;
        Ok(all)
    }

    /// Finds the locations of the signatures of `reference`. Each value is that of the most specific namespace that
    /// sets it, else the default.
    ///
    /// The reference is the one the user names, before it is rewritten for mirrors.
    pub fn find(&self, reference: &Reference) -> Lookaside {
        let names = scope_names(&qualified(reference));
        let sections = names.iter().filter_map(|name| self.docker.get(name));
        let sections: Vec<&Section> = sections
            .chain(&self.default)
            .map(|(_, section)| section)
            .collect();
        Lookaside {
            read: sections.iter().find_map(|section| section.read()),
            write: sections.iter().find_map(|section| section.write()),
            attachments: sections.iter().find_map(|section| section.attachments.clone()),
        }
    }

    fn add(&mut self, file: &Path, text: &str) -> Result<(), Error> {
        let Some(root) = yaml::read(file, text)? else {
            return Ok(());
        };
        for member in section::members(file, "the file", root)? {
            match member.name.as_str() {
                "default-docker" => self.add_default(file, member)?,
                "docker" => self.add_namespaces(file, member)?,
                _ => return Err(section::unknown(file, &member)),
            }
        }
        Ok(())
    }

    fn add_default(&mut self, file: &Path, member: Member) -> Result<(), Error> {
        let first = self.default.as_ref().map(|(at, _)| at);
        let at = once(file, &member, first)?;
        self.default = Some((at, Section::read_from(file, member)?));
        Ok(())
    }

    fn add_namespaces(&mut self, file: &Path, docker: Member) -> Result<(), Error> {
        for member in section::members(file, "docker", docker.node)? {
            let name = member.name.clone();
            let at = once(file, &member, self.docker.get(&name).map(|(at, _)| at))?;
            self.docker.insert(name, (at, Section::read_from(file, member)?));
        }
        Ok(())
    }
}

/// The position of the member, which may be set only once in all files.
fn once(file: &Path, member: &Member, first: Option<&Origin>) -> Result<Origin, Error> {
    let at = Origin::line(file, member.line);
    match first {
        None => Ok(at),
        Some(first) => Err(Error::Value {
            at,
            member: member.name.clone(),
            reason: format!("{first} has it already"),
        }),
    }
}

impl Value {
    fn into_members(self) -> Option<Vec<Member>> {
        match self {
            Self::Map(members) => Some(members),
            Self::Nothing => Some(Vec::new()),
            Self::Text { .. } => None,
        }
    }
}
