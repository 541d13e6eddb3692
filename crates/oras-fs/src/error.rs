//! The error of a file operation, with the path it was about.

use std::io;
use std::path::{Path, PathBuf};

/// A file operation failed.
///
/// The text names the operation and the path; [`source`](std::error::Error::source) is the system's error.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}", path.display())]
pub struct Error {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl Error {
    /// Wraps `source`, which happened while trying to `action` the file at `path`.
    ///
    /// `action` completes the sentence "cannot … PATH": `"open"`, `"write to"`.
    pub fn new(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// The same error about the file as people know it, where it was opened by another path.
    #[must_use]
    pub fn about(mut self, path: &Path) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// The file or folder the operation was about.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What kind of failure the system reported.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(error.source.kind(), error)
    }
}
