//! The place of a file in the store's folder.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use oras_content::{Descriptor, Error, ErrorKind, Result, StageKey};
use oras_fs::{AtomicFile, Durability};

use crate::FileOptions;
use crate::parent::Parent;
use crate::source::SourcePath;
use crate::temp::Temp;
use crate::title::Title;

/// The destination of a file or folder: an open parent folder, and a name in it.
#[derive(Debug)]
pub(crate) struct Place {
    parent: Arc<Parent>,
    /// The path users know, for errors.
    shown: PathBuf,
    /// The path with all links resolved.
    path: PathBuf,
    /// The path through the open folder.
    handle: PathBuf,
    /// Whether this is the store's folder itself; the handle then points into it.
    is_root: bool,
    overwrite: bool,
    durability: Durability,
    /// Interval in bytes at which the state of a part file is saved.
    state_interval: u64,
}

impl Place {
    /// Finds the place of `title` under `root`, creating missing parent folders. This call blocks.
    ///
    /// Fails if a file would replace a folder, link or device. For a folder, the unpacker checks what exists.
    pub(crate) fn prepare(root: &Path, title: &Title, opts: &FileOptions, is_folder: bool) -> Result<Self> {
        let shown = match title.is_root() {
            true => root.to_owned(),
            false => root.join(title.path()),
        };
        let (parent, name) = match title.components() {
            Some((dirs, file)) => (Parent::enter(root, dirs, title)?, PathBuf::from(file)),
            None if title.is_root() => (Parent::enter(root, &[], title)?, PathBuf::from(".")),
            None => unrestricted(&shown)?,
        };
        let place = Self {
            shown,
            path: parent.path().join(&name),
            handle: parent.handle().join(&name),
            parent: Arc::new(parent),
            is_root: title.is_root(),
            overwrite: !opts.disable_overwrite,
            durability: opts.durability,
            state_interval: opts.durability.state_interval(opts.state_interval),
        };
        if !is_folder {
            place.check()?;
        }
        Ok(place)
    }

    /// Returns the parent folder.
    pub(crate) fn dir(&self) -> &Path {
        self.parent.path()
    }

    pub(crate) fn shown(&self) -> &Path {
        &self.shown
    }

    /// Whether this is the store's folder itself.
    pub(crate) fn is_root(&self) -> bool {
        self.is_root
    }

    /// Returns the path to read the content from.
    pub(crate) fn source(&self) -> SourcePath {
        SourcePath::new(&self.path, &self.shown)
    }

    /// Returns the path through the open folder, which stays valid even if parent folders are renamed.
    pub(crate) fn handle(&self) -> &Path {
        &self.handle
    }

    /// Creates a temporary file next to the place, to be committed to it.
    pub(crate) fn temp(&self) -> Result<Temp> {
        let file = match self.is_root {
            true => AtomicFile::create(self.parent.handle(), 0o644),
            false => AtomicFile::create_for(&self.handle, 0o644),
        };
        let file = file.map_err(|error| self.storage(error))?;
        Ok(Temp::new(file, Arc::clone(&self.parent), &self.shown))
    }

    /// Opens a part file next to the place, with the bytes an earlier run left, or creates it. It stays when dropped.
    /// Returns `None` if another process has it open, or if it cannot be created.
    pub(crate) fn part(&self, expected: &Descriptor) -> Option<Temp> {
        let (dir, id) = (self.parent.handle(), StageKey::digest(&expected.digest).ok()?);
        let mut found = AtomicFile::open_part(dir, id.as_str(), Duration::ZERO).ok()?;
        if let Some(mut other) = found.take_if(|found| !is_ours(found.file(), expected.size)) {
            other.remove_on_drop();
        }
        let mut file = match found {
            Some(found) => found,
            None => AtomicFile::create_part(dir, id.as_str(), 0o644).ok()?,
        };
        file.set_state_interval(self.state_interval);
        Some(Temp::new(file, Arc::clone(&self.parent), &self.shown))
    }

    /// Removes any part file of content that has arrived another way, unless another process has it open.
    pub(crate) fn drop_part(&self, expected: &Descriptor) {
        let (dir, id) = (self.parent.handle(), StageKey::digest(&expected.digest));
        let found = id.map(|id| AtomicFile::open_part(dir, id.as_str(), Duration::ZERO));
        if let Ok(Ok(Some(mut left))) = found {
            left.remove_on_drop();
        }
    }

    /// Renames a temporary file to its place.
    pub(crate) fn commit(&self, file: Temp) -> Result<()> {
        let file = file.into_file();
        let committed = match self.overwrite {
            true => file.commit(&self.handle, self.durability),
            false => file.commit_new(&self.handle, self.durability),
        };
        committed.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => self.refuse(EXISTS).with_kind(ErrorKind::WouldOverwrite),
            _ => self.storage(error),
        })
    }

    fn storage(&self, error: oras_fs::Error) -> Error {
        Error::storage(self.shown.display(), error.about(&self.shown))
    }

    fn check(&self) -> Result<()> {
        match fs::symlink_metadata(&self.handle) {
            Ok(found) if found.is_dir() => Err(self.refuse(NO_FILE)),
            Ok(found) if found.is_symlink() => {
                Err(self.refuse("there is a symbolic link of that name; remove it or rename it first"))
            }
            Ok(found) if !found.is_file() => {
                Err(self.refuse("there is a device or a pipe of that name; remove it or rename it first"))
            }
            Ok(_) if !self.overwrite => Err(self.refuse(EXISTS).with_kind(ErrorKind::WouldOverwrite)),
            _ => Ok(()),
        }
    }

    fn refuse(&self, reason: &str) -> Error {
        Error::refused(format!("to write {}", self.shown.display()), reason)
    }
}

const EXISTS: &str = "the file exists, and overwriting is disabled";
const NO_FILE: &str = "there is a folder where a file belongs; remove it or rename it first";

/// Whether a part file is not larger than its content, and private: another user who created it could still write to it
/// after the commit.
fn is_ours(file: &File, size: u64) -> bool {
    oras_fs::is_private(file) && file.metadata().is_ok_and(|found| found.len() <= size)
}

/// Returns the parent folder and name of an unrestricted path.
fn unrestricted(path: &Path) -> Result<(Parent, PathBuf)> {
    let dir = oras_fs::parent(path);
    fs::create_dir_all(dir).map_err(|error| Error::storage(dir.display(), error))?;
    let name = path.file_name().unwrap_or_default();
    Ok((Parent::at(dir), name.into()))
}
