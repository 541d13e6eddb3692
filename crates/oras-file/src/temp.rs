//! Temporary files.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oras_fs::AtomicFile;

use crate::parent::Parent;
use crate::source::SourcePath;

/// A temporary file, and the open folder through which it is removed.
#[derive(Debug)]
pub(crate) struct Temp {
    // Declared first, so that the file is removed while its folder is still open.
    file: AtomicFile,
    _folder: Option<Arc<Parent>>,
    /// The path users know the destination by.
    shown: PathBuf,
}

impl Temp {
    /// Wraps a file in `folder` whose destination users know as `shown`.
    pub(crate) fn new(file: AtomicFile, folder: Arc<Parent>, shown: &Path) -> Self {
        Self {
            file,
            _folder: Some(folder),
            shown: shown.to_owned(),
        }
    }

    /// Returns the path to read the content from.
    pub(crate) fn source(&self) -> SourcePath {
        SourcePath::new(self.file.path(), &self.shown)
    }

    /// Returns the file, to be committed through a place that holds the folder open.
    pub(crate) fn into_file(self) -> AtomicFile {
        self.file
    }
}

impl From<AtomicFile> for Temp {
    fn from(file: AtomicFile) -> Self {
        let shown = file.path().to_owned();
        Self {
            file,
            _folder: None,
            shown,
        }
    }
}

impl Deref for Temp {
    type Target = AtomicFile;

    fn deref(&self) -> &AtomicFile {
        &self.file
    }
}

impl DerefMut for Temp {
    fn deref_mut(&mut self) -> &mut AtomicFile {
        &mut self.file
    }
}
