//! The error of a file operation.

use std::io;
use std::path::{Path, PathBuf};

/// A failed file operation.
///
/// The message names the operation and the path; [`source`](std::error::Error::source) is the system's error.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}", path.display())]
pub struct Error {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl Error {
    /// Creates an error for a failure to `action` the file at `path`.
    ///
    /// `action` completes the sentence "cannot … PATH": `"open"`, `"write to"`.
    pub fn new(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// Replaces the path by the one that users know, if the file was opened by another.
    #[must_use]
    pub fn about(mut self, path: &Path) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Returns the path of the file or folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the kind of the system's error.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(error.source.kind(), error)
    }
}
