//! The folder that a file is written to.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use oras_content::{Error, ErrorKind, Result};

use crate::title::Title;

/// A folder within the one of the store, with all links resolved.
///
/// On Linux it is held open, and files are written through that: another program that swaps a folder on the way for a
/// link changes nothing. Elsewhere names are checked when they are used.
#[derive(Debug)]
pub(crate) struct Parent {
    path: PathBuf,
    #[cfg(target_os = "linux")]
    open: Option<linux::Open>,
}

impl Parent {
    /// Any folder, by its path.
    pub(crate) fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            #[cfg(target_os = "linux")]
            open: None,
        }
    }

    /// Goes down from `root`, creating what is missing, and never leaves it. This call blocks.
    pub(crate) fn enter(root: &Path, dirs: &[String], title: &Title) -> Result<Self> {
        let fail = |error: io::Error| Error::storage(root.display(), error);
        fs::create_dir_all(root).map_err(fail)?;
        let root = fs::canonicalize(root).map_err(fail)?;
        #[cfg(target_os = "linux")]
        if let Some(entered) = linux::enter(&root, dirs, title)? {
            return Ok(entered);
        }
        walk(&root, dirs, title)
    }

    /// The path as people know it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path by which files in it are opened and renamed.
    pub(crate) fn handle(&self) -> &Path {
        #[cfg(target_os = "linux")]
        if let Some(open) = &self.open {
            return open.path();
        }
        &self.path
    }
}

/// Goes down by paths.
fn walk(root: &Path, dirs: &[String], title: &Title) -> Result<Parent> {
    let mut at = root.to_owned();
    for dir in dirs {
        let next = at.join(dir);
        match fs::create_dir(&next) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(storage(&next, error)),
            _ => {}
        }
        at = fs::canonicalize(&next).map_err(|error| storage(&next, error))?;
        if !at.starts_with(root) {
            return Err(leads_out(&next, title));
        }
    }
    Ok(Parent::at(&at))
}

fn storage(path: &Path, error: io::Error) -> Error {
    Error::storage(path.display(), error)
}

fn leads_out(link: &Path, title: &Title) -> Error {
    let what = format!("the file name {:?}", title.text());
    let reason = format!("{} is a link that leads out of the folder", link.display());
    Error::new(ErrorKind::PathTraversal, what).with_source(reason)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::path::{Path, PathBuf};

    use oras_content::Result;
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, mkdirat, openat, openat2};
    use rustix::io::Errno;

    use super::{Parent, leads_out, storage};
    use crate::title::Title;

    const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

    /// A folder that is held open, and its path among the open files of the process.
    #[derive(Debug)]
    pub(super) struct Open {
        _folder: OwnedFd,
        path: PathBuf,
    }

    impl Open {
        /// None where the system does not show open files.
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

    /// Goes down by open folders; none where the system cannot.
    pub(super) fn enter(root: &Path, dirs: &[String], title: &Title) -> Result<Option<Parent>> {
        let fail = |path: &Path, error: Errno| storage(path, io::Error::from(error));
        let top = openat(CWD, root, FOLDER, Mode::empty()).map_err(|error| fail(root, error))?;
        let (mut at, mut way) = (None, PathBuf::new());
        for dir in dirs {
            let made = mkdirat(
                at.as_ref().unwrap_or(&top),
                dir.as_str(),
                Mode::from_raw_mode(0o777),
            );
            way.push(dir);
            match made {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(fail(&root.join(&way), error)),
            }
            let within = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
            at = match openat2(&top, &way, FOLDER, Mode::empty(), within) {
                Ok(folder) => Some(folder),
                Err(Errno::XDEV) => return Err(leads_out(&root.join(&way), title)),
                Err(Errno::NOSYS | Errno::PERM) => return Ok(None),
                Err(error) => return Err(fail(&root.join(&way), error)),
            };
        }
        let open = Open::new(at.unwrap_or(top));
        Ok(open.map(|open| Parent {
            path: root.join(&way),
            open: Some(open),
        }))
    }
}
