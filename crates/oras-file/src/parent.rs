//! The folder that a file is written to.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use oras_content::{Error, ErrorKind, Result};

use crate::title::Title;

/// A folder inside the store's folder, with all links resolved.
///
/// On Linux, the folder is held open, and files are written through its handle, so that another process cannot redirect
/// writes by replacing a parent folder with a link. Elsewhere, paths are checked when they are used.
#[derive(Debug)]
pub(crate) struct Parent {
    path: PathBuf,
    #[cfg(target_os = "linux")]
    open: Option<linux::Open>,
}

impl Parent {
    /// Creates a parent from any path, without restrictions.
    pub(crate) fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            #[cfg(target_os = "linux")]
            open: None,
        }
    }

    /// Descends from `root`, creating missing folders, and never leaves it. This call blocks.
    pub(crate) fn enter(root: &Path, dirs: &[String], title: &Title) -> Result<Self> {
        let fail = |error: io::Error| Error::storage(root.display(), error);
        fs::create_dir_all(root).map_err(fail)?;
        let way = Way {
            real: fs::canonicalize(root).map_err(fail)?,
            shown: root,
            title,
        };
        #[cfg(target_os = "linux")]
        if let Some(entered) = linux::enter(&way, dirs)? {
            return Ok(entered);
        }
        way.walk(dirs)
    }

    /// Returns the path with all links resolved.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path for opening and renaming files in the folder.
    pub(crate) fn handle(&self) -> &Path {
        #[cfg(target_os = "linux")]
        if let Some(open) = &self.open {
            return open.path();
        }
        &self.path
    }
}

/// The descent from the store's folder to a file's folder.
struct Way<'a> {
    /// The store's folder with all links resolved, and as users know it.
    real: PathBuf,
    shown: &'a Path,
    title: &'a Title,
}

impl Way<'_> {
    /// Descends by path.
    fn walk(&self, dirs: &[String]) -> Result<Parent> {
        let (mut at, mut gone) = (self.real.clone(), PathBuf::new());
        for dir in dirs {
            let next = at.join(dir);
            gone.push(dir);
            match fs::create_dir(&next) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(self.failed(&gone, error));
                }
                _ => {}
            }
            at = fs::canonicalize(&next).map_err(|error| self.failed(&gone, error))?;
            if !at.starts_with(&self.real) {
                return Err(self.leads_out(&gone));
            }
            if !at.is_dir() {
                return Err(self.failed(&gone, io::ErrorKind::NotADirectory.into()));
            }
        }
        Ok(Parent::at(&at))
    }

    /// Explains why an existing entry cannot be used as a folder.
    fn failed(&self, gone: &Path, error: io::Error) -> Error {
        let path = self.shown.join(gone);
        let reason = match error.kind() {
            io::ErrorKind::NotADirectory => {
                "there is a file where a folder belongs; remove it or rename it first"
            }
            io::ErrorKind::NotFound if path.is_symlink() => {
                "there is a symbolic link that leads nowhere; remove it or rename it first"
            }
            _ => return Error::storage(path.display(), error),
        };
        Error::refused(format!("to write {}", path.display()), reason)
    }

    fn leads_out(&self, gone: &Path) -> Error {
        let what = format!("the file name {:?}", self.title.text());
        let link = self.shown.join(gone);
        let reason = format!("{} is a link that leads out of the folder", link.display());
        Error::new(ErrorKind::PathTraversal, what).with_source(reason)
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::path::{Path, PathBuf};

    use oras_content::{Error, Result};
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, mkdirat, openat, openat2};
    use rustix::io::Errno;

    use super::{Parent, Way};

    const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

    /// An open folder, and its path among the process's open files.
    #[derive(Debug)]
    pub(super) struct Open {
        _folder: OwnedFd,
        path: PathBuf,
    }

    impl Open {
        /// Returns `None` if the system does not expose open files as paths.
        fn new(folder: OwnedFd) -> Option<Self> {
            let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
            path.is_dir().then_some(Self {
                _folder: folder,
                path,
            })
        }

        pub(super) fn path(&self) -> &Path {
            &self.path
        }
    }

    /// Descends through open folders. Returns `None` if the system does not support it.
    pub(super) fn enter(way: &Way<'_>, dirs: &[String]) -> Result<Option<Parent>> {
        let top = openat(CWD, &way.real, FOLDER, Mode::empty())
            .map_err(|error| Error::storage(way.shown.display(), io::Error::from(error)))?;
        let (mut at, mut gone) = (None, PathBuf::new());
        for dir in dirs {
            let made = mkdirat(
                at.as_ref().unwrap_or(&top),
                dir.as_str(),
                Mode::from_raw_mode(0o777),
            );
            gone.push(dir);
            match made {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(way.failed(&gone, error.into())),
            }
            let within = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
            at = match openat2(&top, &gone, FOLDER, Mode::empty(), within) {
                Ok(folder) => Some(folder),
                Err(Errno::XDEV) => return Err(way.leads_out(&gone)),
                Err(Errno::NOSYS | Errno::PERM) => return Ok(None),
                Err(error) => return Err(way.failed(&gone, error.into())),
            };
        }
        let open = Open::new(at.unwrap_or(top));
        Ok(open.map(|open| Parent {
            path: way.real.join(&gone),
            open: Some(open),
        }))
    }
}
