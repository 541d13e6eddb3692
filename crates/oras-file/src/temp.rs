//! A file under a temporary name.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use oras_fs::AtomicFile;

use crate::parent::Parent;

/// A temporary file, and the open folder by which it is removed in the end.
#[derive(Debug)]
pub(crate) struct Temp {
    // The order matters: the file goes while its folder is still open.
    file: AtomicFile,
    _folder: Option<Arc<Parent>>,
}

impl Temp {
    pub(crate) fn new(file: AtomicFile, folder: Arc<Parent>) -> Self {
        Self {
            file,
            _folder: Some(folder),
        }
    }

    /// The file, to be committed through a place that holds the folder open.
    pub(crate) fn into_file(self) -> AtomicFile {
        self.file
    }
}

impl From<AtomicFile> for Temp {
    fn from(file: AtomicFile) -> Self {
        Self { file, _folder: None }
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
