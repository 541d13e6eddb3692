//! Files: plans in YAML, in the formats of this library, of `skopeo sync` and of regsync.

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

/// The content of a plan file.
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
    /// Connection settings of registries that differ from the defaults.
    pub connections: Vec<Connection>,
    /// Settings of the file that are ignored, and do not affect what is copied.
    pub warnings: Vec<FileNotice>,
}

/// The connection settings of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connection {
    /// The registry: its host, and its port if it has one.
    pub registry: String,
    /// Whether TLS is used, and whether certificates are verified.
    pub tls: Tls,
    /// A file with additional trusted certificates.
    pub ca_file: Option<PathBuf>,
}

/// The use of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tls {
    /// TLS with verified certificates, the default.
    #[default]
    Verified,
    /// TLS without verification of the certificate.
    Unverified,
    /// Plain HTTP.
    Plain,
}

/// Options for reading a file, for settings that the file does not have.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct FileOptions {
    /// The registry, or a path in it, below which repositories are written. Required for files of `skopeo sync`, and not
    /// allowed for others.
    pub to: Option<String>,
    /// Whether the full name of a source, with its registry, is kept below `to`, instead of its last part only. Default: no.
    pub scoped: bool,
}

impl FileOptions {
    /// Sets the registry or path to write below.
    #[must_use]
    pub fn with_to(mut self, to: impl Into<String>) -> Self {
        self.to = Some(to.into());
        self
    }

    /// Sets whether full names are kept.
    #[must_use]
    pub fn with_scoped(mut self, scoped: bool) -> Self {
        self.scoped = scoped;
        self
    }
}

/// A message about a member of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileNotice {
    /// The line, counted from 1.
    pub line: usize,
    /// The member, such as `sync[0].tags`, and the message.
    pub text: String,
}

impl fmt::Display for FileNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text)
    }
}

/// The error of an invalid file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct FileError(Box<Problem>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
struct Problem(FileNotice);

impl FileError {
    /// Returns the line, counted from 1.
    pub fn line(&self) -> usize {
        self.0.0.line
    }

    fn at(line: usize, text: impl Into<String>) -> Self {
        let text = text.into();
        Self(Box::new(Problem(FileNotice { line, text })))
    }
}

impl SyncFile {
    /// Reads a file. Its members determine the format: `jobs` for this library, `sync` for regsync, and names of registries
    /// for `skopeo sync`.
    ///
    /// # Errors
    ///
    /// The file is not valid YAML, or has an unknown or unsupported member. The error has the line, the member, and what to
    /// write instead.
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
