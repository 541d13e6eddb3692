//! A file under a temporary name.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oras_fs::AtomicFile;

use crate::parent::Parent;
use crate::source::SourcePath;

/// A temporary file, and the open folder by which it is removed in the end.
#[derive(Debug)]
pub(crate) struct Temp {
    // The order matters: the file goes while its folder is still open.
    file: AtomicFile,
    _folder: Option<Arc<Parent>>,
    /// What it is for, as people know it.
    shown: PathBuf,
}

impl Temp {
    /// A file in `folder`, which is to become what people know as `shown`.
    pub(crate) fn new(file: AtomicFile, folder: Arc<Parent>, shown: &Path) -> Self {
        Self {
            file,
            _folder: Some(folder),
            shown: shown.to_owned(),
        }
    }

    /// Where its content is to be read from.
    pub(crate) fn source(&self) -> SourcePath {
        SourcePath::new(self.file.path(), &self.shown)
    }

    /// The file, to be committed through a place that holds the folder open.
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
