//! Folders of configuration, made for one test.

use std::fs;
use std::path::PathBuf;

use oras_config::Roots;
use tempfile::TempDir;

/// A folder of the system and one of the user, both empty at first.
pub(crate) struct Folders {
    folder: TempDir,
}

impl Folders {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn with(self, path: &str, text: &str) -> Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// A path below `etc` of the system or `user`.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn roots(&self) -> Roots {
        Roots::new(self.path("etc")).with_user(self.path("user"))
    }
}
