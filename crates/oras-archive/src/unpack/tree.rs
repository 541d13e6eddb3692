//! The folder being unpacked, accessed through open folders and never by path.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use oras_content::{Error, Result};
use oras_fs::AtomicDir;
use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, fchmod, futimens, linkat, mkdirat, openat,
    symlinkat, unlinkat,
};
use rustix::io::Errno;

use super::UnpackOptions;
use super::path::InnerPath;

const OPEN_FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// The kind of a created entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    Folder,
    File,
    Link,
}

/// Attributes to set on a folder once it is complete.
#[derive(Clone, Copy)]
pub(super) struct FolderAttributes {
    mode: u32,
    mtime: u64,
}

pub(super) struct Tree {
    root: OwnedFd,
    /// The open parent folders of the last entry.
    open: Vec<(Vec<u8>, OwnedFd)>,
    made: HashMap<Vec<u8>, Made>,
    /// Total bytes of the keys of `made`.
    name_bytes: u64,
    folders: BTreeMap<Vec<u8>, FolderAttributes>,
    /// The permission bits to remove.
    umask: u32,
}

impl Tree {
    pub(super) fn open(dir: &AtomicDir, opts: &UnpackOptions) -> io::Result<Self> {
        let root = openat(CWD, dir.path(), OPEN_FOLDER, Mode::empty())?;
        let attributes = FolderAttributes {
            mode: 0o755,
            mtime: 0,
        };
        Ok(Self {
            root,
            open: Vec::new(),
            made: HashMap::new(),
            name_bytes: 0,
            folders: BTreeMap::from([(Vec::new(), attributes)]),
            umask: if opts.preserve_permissions { 0 } else { dir.umask() },
        })
    }

    pub(super) fn root(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }

    /// Returns the number of names and their total bytes.
    pub(super) fn names(&self) -> (u64, u64) {
        (self.made.len() as u64, self.name_bytes)
    }

    fn note(&mut self, key: Vec<u8>, what: Made) {
        let len = key.len() as u64;
        if self.made.insert(key, what).is_none() {
            self.name_bytes += len;
        }
    }

    /// Creates a folder, or sets the attributes of an existing one.
    pub(super) fn folder(&mut self, path: &InnerPath, mode: u32, mtime: u64) -> Result<()> {
        self.enter(path, path.parts())?;
        let attributes = FolderAttributes { mode, mtime };
        self.folders.insert(key(path.parts()), attributes);
        Ok(())
    }

    /// Creates an empty file. If a name occurs twice, the last file counts.
    pub(super) fn file(&mut self, path: &InnerPath) -> Result<NewFile> {
        const NEW: OFlags = OFlags::WRONLY
            .union(OFlags::CREATE)
            .union(OFlags::EXCL)
            .union(OFlags::NOFOLLOW)
            .union(OFlags::CLOEXEC);
        let umask = self.umask;
        let file = self.create(path, Made::File, |dir, name| {
            openat(dir, name, NEW, Mode::from_raw_mode(0o600))
        })?;
        Ok(NewFile {
            file: file.into(),
            what: path.to_string(),
            umask,
        })
    }

    pub(super) fn symlink(&mut self, path: &InnerPath, target: &[u8]) -> Result<()> {
        self.create(path, Made::Link, |dir, name| symlinkat(target, dir, name))
    }

    /// Creates a hard link to `first`, an earlier file of the archive.
    pub(super) fn hard_link(&mut self, path: &InnerPath, first: &InnerPath) -> Result<()> {
        let (folders, name) = match first.split() {
            Some(split) if self.made.get(&key(first.parts())) == Some(&Made::File) => split,
            _ => {
                return Err(path.refused(&format!(
                    "it is a hard link to {first}, which is no earlier file of the archive"
                )));
            }
        };
        if first.parts() == path.parts() {
            return Ok(());
        }
        self.enter(first, folders)?;
        let from = self.last().try_clone_to_owned();
        let from = from.map_err(|error| storage(first, error))?;
        self.create(path, Made::File, |dir, new| {
            linkat(&from, name, dir, new, AtFlags::empty())
        })
    }

    /// Creates an entry, replacing an earlier file or link of the same name.
    fn create<T>(
        &mut self,
        path: &InnerPath,
        what: Made,
        mut create: impl FnMut(BorrowedFd<'_>, &[u8]) -> rustix::io::Result<T>,
    ) -> Result<T> {
        let Some((folders, name)) = path.split() else {
            return Err(path.refused("it takes the place of the folder itself"));
        };
        self.enter(path, folders)?;
        let dir = self.last();
        let made = match create(dir, name) {
            Err(Errno::EXIST) => match self.made.get(&key(path.parts())) {
                Some(Made::Folder) => {
                    return Err(path.refused("there is a folder of that name in the archive"));
                }
                None => return Err(path.refused(COLLISION)),
                Some(_) => unlinkat(dir, name, AtFlags::empty()).and_then(|()| create(dir, name)),
            },
            made => made,
        };
        let made = made.map_err(|error| storage(path, error))?;
        self.note(key(path.parts()), what);
        Ok(made)
    }

    /// Opens the folders of a path, creating missing ones.
    fn enter(&mut self, path: &InnerPath, folders: &[Vec<u8>]) -> Result<()> {
        let pairs = self.open.iter().zip(folders);
        let kept = pairs.take_while(|((name, _), folder)| name == *folder).count();
        self.open.truncate(kept);
        for depth in kept..folders.len() {
            let folder = self.step(path, &folders[..=depth])?;
            self.open.push((folders[depth].clone(), folder));
        }
        Ok(())
    }

    /// Opens the last of `folders`, whose parent is already open.
    fn step(&mut self, path: &InnerPath, folders: &[Vec<u8>]) -> Result<OwnedFd> {
        let (Some(name), key) = (folders.last(), key(folders)) else {
            return Err(path.refused("it has no name"));
        };
        match self.made.get(&key) {
            Some(Made::Folder) => {}
            Some(Made::Link) => return Err(path.traversal("it leads through a link of the archive")),
            Some(Made::File) => return Err(path.refused("a file of the archive is where a folder must be")),
            None => {
                match mkdirat(self.last(), name.as_slice(), Mode::from_raw_mode(0o700)) {
                    Err(Errno::EXIST) => return Err(path.refused(COLLISION)),
                    made => made.map_err(|error| storage(path, error))?,
                }
                let attributes = FolderAttributes {
                    mode: 0o755,
                    mtime: 0,
                };
                self.folders.insert(key.clone(), attributes);
                self.note(key, Made::Folder);
            }
        }
        openat(self.last(), name.as_slice(), OPEN_FOLDER, Mode::empty()).map_err(|error| storage(path, error))
    }

    /// Returns the folder entered last.
    fn last(&self) -> BorrowedFd<'_> {
        self.open
            .last()
            .map_or(self.root.as_fd(), |(_, folder)| folder.as_fd())
    }

    /// Sets the permissions and times of the folders selected by `is_new`, deepest first. Paths are resolved from
    /// `root`, the tree's current place.
    pub(super) fn finish(
        &self,
        root: BorrowedFd<'_>,
        is_new: impl Fn(&[u8]) -> bool,
    ) -> rustix::io::Result<()> {
        for (path, attributes) in self.folders.iter().rev().filter(|(path, _)| is_new(path)) {
            let folder = open_below(root, path)?;
            set(folder.as_fd(), attributes.mode & !self.umask, attributes.mtime)?;
        }
        Ok(())
    }
}

/// Two names that are the same on this file system.
const COLLISION: &str =
    "the archive has another name that is the same here; names differ in case or form only";

/// Opens the folder at `path`, which must not contain links.
pub(super) fn open_below(root: BorrowedFd<'_>, path: &[u8]) -> rustix::io::Result<OwnedFd> {
    let mut at = openat(root, ".", OPEN_FOLDER, Mode::empty())?;
    for part in path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
        at = openat(&at, part, OPEN_FOLDER, Mode::empty())?;
    }
    Ok(at)
}

fn key(parts: &[Vec<u8>]) -> Vec<u8> {
    parts.join(&b'/')
}

fn storage(path: &InnerPath, error: impl Into<io::Error>) -> Error {
    Error::storage(path.to_string(), error.into())
}

/// Sets the permissions, and the time if it is known.
fn set(file: BorrowedFd<'_>, mode: u32, mtime: u64) -> rustix::io::Result<()> {
    fchmod(file, Mode::from_raw_mode((mode & 0o777) as rustix::fs::RawMode))?;
    let (Ok(mtime), true) = (i64::try_from(mtime), mtime > 0) else {
        return Ok(());
    };
    let unchanged = Timespec {
        tv_sec: 0,
        tv_nsec: UTIME_OMIT as _,
    };
    let times = Timestamps {
        last_access: unchanged,
        last_modification: Timespec {
            tv_sec: mtime,
            tv_nsec: 0,
        },
    };
    // A time that the file system cannot store is not worth failing for.
    let _ = futimens(file, &times);
    Ok(())
}

/// A file whose content is being written.
pub(super) struct NewFile {
    file: File,
    what: String,
    umask: u32,
}

impl NewFile {
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file
            .write_all(bytes)
            .map_err(|error| Error::storage(&*self.what, error))
    }

    pub(super) fn finish(self, mode: u32, mtime: u64) -> Result<()> {
        set(self.file.as_fd(), mode & !self.umask, mtime)
            .map_err(|error| Error::storage(&*self.what, io::Error::from(error)))
    }
}
