//! Files: plans in YAML, in the form of this library, of `skopeo sync` and of regsync.

mod fields;
mod own;
mod reader;
mod reading;
mod regsync;
mod skopeo;

use std::fmt;
use std::path::PathBuf;

use self::fields::Field;
use crate::SyncPlan;

/// What a file says.
///
/// ```
/// use oras_sync::{FileOptions, SyncFile};
///
/// # fn main() -> Result<(), oras_sync::FileError> {
/// let text = "jobs:\n- from: registry.example/app\n  to: mirror.example/app\n  tags: {versions: '>=1.2'}\n";
/// let file = SyncFile::read(text, &FileOptions::default())?;
/// assert_eq!(file.plan.jobs.len(), 1);
///
/// let wrong = SyncFile::read("jobs:\n- from: registry.example/app\n", &FileOptions::default());
/// assert_eq!(wrong.unwrap_err().to_string(), "line 2: jobs[0].to is missing");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SyncFile {
    /// The jobs.
    pub plan: SyncPlan,
    /// How registries are connected to that are not connected to as usual.
    pub connections: Vec<Connection>,
    /// What the file says that is not done, and that changes nothing of what is copied.
    pub warnings: Vec<FileNotice>,
}

/// How a registry is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connection {
    /// The registry: its host, and its port where it has one.
    pub registry: String,
    /// Whether TLS is spoken, and what it is worth.
    pub tls: Tls,
    /// A file with certificates that are trusted, too.
    pub ca_file: Option<PathBuf>,
}

/// Whether TLS is spoken, and what it is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tls {
    /// As usual.
    #[default]
    Verified,
    /// Without a look at the certificate.
    Unverified,
    /// Not at all: plain HTTP.
    Plain,
}

/// What a file does not say itself.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct FileOptions {
    /// Where to: the registry, or a path in it, below which repositories are written. Files of `skopeo sync` need it, and no
    /// others have it.
    pub to: Option<String>,
    /// Whether the whole name of a source, with its registry, goes below `to`, and not only the last part. Default: no.
    pub scoped: bool,
}

impl FileOptions {
    /// Writes below this.
    #[must_use]
    pub fn with_to(mut self, to: impl Into<String>) -> Self {
        self.to = Some(to.into());
        self
    }

    /// Keeps whole names, or not.
    #[must_use]
    pub fn with_scoped(mut self, scoped: bool) -> Self {
        self.scoped = scoped;
        self
    }
}

/// Something about a member of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileNotice {
    /// The line, counted from 1.
    pub line: usize,
    /// The member, such as `sync[0].tags`, and what there is to say of it.
    pub text: String,
}

impl fmt::Display for FileNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text)
    }
}

/// Why a file is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct FileError(Box<Problem>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
struct Problem(FileNotice);

impl FileError {
    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.0.0.line
    }

    fn at(line: usize, text: impl Into<String>) -> Self {
        let text = text.into();
        Self(Box::new(Problem(FileNotice { line, text })))
    }
}

impl SyncFile {
    /// Reads a file. Which form it has is told by its members: `jobs` is of this library, `sync` of regsync, and names of
    /// registries are of `skopeo sync`.
    ///
    /// # Errors
    ///
    /// What is no YAML, not known, or cannot be done: with the line, the member, and what to write instead.
    pub fn read(text: &str, options: &FileOptions) -> Result<Self, FileError> {
        let root = reader::read(text)?;
        let root = Field::root(&root);
        let is = |member| root.member(member).is_some();
        let has_to = options.to.is_some();
        match (is("jobs"), is("sync")) {
            (true, _) | (_, true) if has_to => {
                Err(root.error("names its own destinations: remove the destination"))
            }
            (true, _) => own::read(root),
            (_, true) => regsync::read(root),
            (false, false) => skopeo::read(root, options),
        }
    }
}
