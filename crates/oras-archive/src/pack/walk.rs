//! Walks a folder in a fixed order.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use oras_content::{Error, Result};
use oras_fs::is_temporary;

/// A file, folder or link in a folder.
pub(crate) struct Found {
    /// The path relative to the folder; empty for the folder itself.
    pub(crate) path: PathBuf,
    pub(crate) metadata: Metadata,
}

/// Yields the folder itself, then everything in it except our temporary files: each folder before its content, names in
/// byte order.
pub(crate) struct Walk<'a> {
    root: &'a Path,
    /// Paths still to visit, in reverse order.
    next: Vec<PathBuf>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(root: &'a Path) -> Self {
        let next = vec![PathBuf::new()];
        Self { root, next }
    }

    fn look(&mut self, path: PathBuf) -> Result<Found> {
        let full = self.root.join(&path);
        let fail = |error| Error::storage(full.display(), error);
        // The folder itself may be a link; links inside it are kept as links.
        let metadata = match path.as_os_str().is_empty() {
            true => fs::metadata(self.root).map_err(fail)?,
            false => fs::symlink_metadata(&full).map_err(fail)?,
        };
        if metadata.is_dir() {
            let start = self.next.len();
            for entry in fs::read_dir(&full).map_err(fail)? {
                let name = entry.map_err(fail)?.file_name();
                if !is_temporary(name.as_encoded_bytes()) {
                    self.next.push(path.join(name));
                }
            }
            self.next[start..].sort_unstable_by(|a, b| b.as_os_str().cmp(a.as_os_str()));
        }
        Ok(Found { path, metadata })
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<Found>;

    fn next(&mut self) -> Option<Self::Item> {
        let path = self.next.pop()?;
        Some(self.look(path))
    }
}
