//! The place of a file in the folder of the store.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use oras_content::{Error, ErrorKind, Result};
use oras_fs::{AtomicFile, Durability};

use crate::FileOptions;
use crate::title::Title;

/// Where a file goes: a folder that exists, with all links resolved, and a path in it.
#[derive(Debug)]
pub(crate) struct Place {
    dir: PathBuf,
    path: PathBuf,
    overwrite: bool,
    durability: Durability,
}

impl Place {
    /// Finds the place of `title` under `root`, and creates the folders on the way. This call blocks.
    ///
    /// It does not protect against another program that swaps a folder for a link at the same time.
    pub(crate) fn prepare(root: &Path, title: &Title, opts: &FileOptions) -> Result<Self> {
        let path = match title.components() {
            Some((dirs, file)) => enter(root, dirs, title)?.join(file),
            None => {
                let path = root.join(title.path());
                if let Some(dir) = path.parent() {
                    fs::create_dir_all(dir).map_err(|error| Error::storage(dir.display(), error))?;
                }
                path
            }
        };
        let place = Self {
            dir: path.parent().unwrap_or(root).to_owned(),
            path,
            overwrite: !opts.disable_overwrite,
            durability: opts.durability,
        };
        place.check()?;
        Ok(place)
    }

    /// The folder that the file is in.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A file beside the place, to be committed to it.
    pub(crate) fn temp(&self) -> Result<AtomicFile> {
        AtomicFile::create_for(&self.path, 0o644).map_err(|error| Error::storage(self.path.display(), error))
    }

    /// Gives the file its name.
    pub(crate) fn commit(&self, file: AtomicFile) -> Result<()> {
        let committed = match self.overwrite {
            true => file.commit(&self.path, self.durability),
            false => file.commit_new(&self.path, self.durability),
        };
        committed.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => self.refuse(EXISTS).with_kind(ErrorKind::WouldOverwrite),
            _ => Error::storage(self.path.display(), error),
        })
    }

    fn check(&self) -> Result<()> {
        match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_dir() => Err(self.refuse("there is a folder of that name")),
            Ok(found) if found.is_symlink() => {
                Err(self.refuse("there is a symbolic link of that name; remove it first"))
            }
            Ok(found) if !found.is_file() => {
                Err(self.refuse("there is a device or a pipe of that name; remove it first"))
            }
            Ok(_) if !self.overwrite => Err(self.refuse(EXISTS).with_kind(ErrorKind::WouldOverwrite)),
            _ => Ok(()),
        }
    }

    fn refuse(&self, reason: &str) -> Error {
        Error::refused(format!("to write {}", self.path.display()), reason)
    }
}

const EXISTS: &str = "the file exists, and overwriting is disabled";

/// Goes down from `root`, creating what is missing, and never leaves it.
fn enter(root: &Path, dirs: &[String], title: &Title) -> Result<PathBuf> {
    let fail = |path: &Path, error: io::Error| Error::storage(path.display(), error);
    fs::create_dir_all(root).map_err(|error| fail(root, error))?;
    let root = fs::canonicalize(root).map_err(|error| fail(root, error))?;
    let mut at = root.clone();
    for dir in dirs {
        let next = at.join(dir);
        match fs::create_dir(&next) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(fail(&next, error)),
            _ => {}
        }
        at = fs::canonicalize(&next).map_err(|error| fail(&next, error))?;
        if !at.starts_with(&root) {
            return Err(Error::new(
                ErrorKind::PathTraversal,
                format!("the file name {:?}", title.text()),
            )
            .with_source(format!(
                "{} is a link that leads out of the folder",
                next.display()
            )));
        }
    }
    Ok(at)
}
