//! Moves a completely unpacked folder to its final place.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use oras_content::{Error, ErrorKind, Result};
use oras_fs::{AtomicDir, Durability, sync_dir};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, renameat, statat};
use rustix::io::Errno;

use super::UnpackOptions;
use super::tree::{Tree, open_below};

/// Renames the folder to `target`, or its content into an existing `target`.
pub(super) fn place(staged: AtomicDir, tree: Tree, target: &Path, opts: &UnpackOptions) -> Result<()> {
    let shown = opts.shown(target);
    let failed = |error: io::Error| Error::storage(shown.display(), error);
    let flush = |tree: &Tree| match opts.durability {
        Durability::None => Ok(()),
        _ => flush(tree.root()),
    };
    let found = kind_at(CWD, target).map_err(|error| failed(error.into()))?;
    match found {
        None => {
            tree.finish(tree.root(), |_| true)
                .map_err(|error| failed(error.into()))?;
            flush(&tree).map_err(failed)?;
            staged.commit(target).map_err(failed)?;
        }
        Some(FileType::Directory) if opts.into_folder || !opts.disable_overwrite => {
            flush(&tree).map_err(failed)?;
            merge(&tree, target, shown, opts.disable_overwrite)?;
        }
        Some(FileType::Directory) => {
            let reason = "the folder exists, and overwriting is disabled";
            return Err(in_the_way(shown, reason).with_kind(ErrorKind::WouldOverwrite));
        }
        Some(FileType::Symlink) => {
            let reason = "there is a symbolic link of that name; remove it or rename it first";
            return Err(in_the_way(shown, reason));
        }
        Some(_) => return Err(in_the_way(shown, NO_FOLDER)),
    }
    match opts.durability {
        Durability::Full => {
            let synced = sync_dir(opts.staging(target));
            synced.map_err(|error| failed(error.about(opts.staging(shown)).into()))
        }
        _ => Ok(()),
    }
}

const NO_FOLDER: &str = "there is a file where a folder belongs; remove it or rename it first";

fn in_the_way(path: &Path, reason: &str) -> Error {
    Error::refused(format!("to write {}", path.display()), reason)
}

/// Moves everything into the folder `target`, after checking that nothing is in the way.
fn merge(tree: &Tree, target: &Path, shown: &Path, keeps: bool) -> Result<()> {
    let failed = |error: Errno| Error::storage(shown.display(), io::Error::from(error));
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let to = openat(CWD, target, flags, Mode::empty()).map_err(failed)?;
    let merge = Merge {
        from: tree.root(),
        to: to.as_fd(),
        shown,
        keeps,
    };
    merge.each_folder(|names| merge.check(names))?;
    let mut moved = HashSet::new();
    merge.each_folder(|names| merge.move_all(names, &mut moved))?;
    let is_new = |path: &[u8]| ancestors(path).any(|path| moved.contains(path));
    tree.finish(to.as_fd(), is_new).map_err(failed)
}

/// Yields a path and its parents, except for the root.
fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(path), |path| {
        let slash = path.iter().rposition(|byte| *byte == b'/')?;
        Some(&path[..slash])
    })
}

struct Merge<'a> {
    from: BorrowedFd<'a>,
    to: BorrowedFd<'a>,
    shown: &'a Path,
    /// Whether existing files are kept rather than replaced.
    keeps: bool,
}

/// A folder that exists in both trees, and its entries in the new one.
struct Names {
    path: Vec<u8>,
    from: OwnedFd,
    to: OwnedFd,
    names: Vec<(Vec<u8>, FileType)>,
}

impl Names {
    fn path_of(&self, name: &[u8]) -> Vec<u8> {
        match self.path.is_empty() {
            true => name.to_vec(),
            false => [&self.path[..], name].join(&b'/'),
        }
    }
}

impl Merge<'_> {
    /// Calls `visit` for each folder that exists in both trees, parents first.
    fn each_folder(&self, mut visit: impl FnMut(&Names) -> Result<()>) -> Result<()> {
        let mut next = vec![Vec::new()];
        while let Some(path) = next.pop() {
            let names = self.names(path).map_err(|error| self.failed(error))?;
            let folders = names.names.iter().filter(|(_, kind)| kind.is_dir());
            for (name, _) in folders {
                let both = kind_at(names.to.as_fd(), OsStr::from_bytes(name));
                if both
                    .map_err(|error| self.failed(error))?
                    .is_some_and(FileType::is_dir)
                {
                    next.push(names.path_of(name));
                }
            }
            visit(&names)?;
        }
        Ok(())
    }

    fn names(&self, path: Vec<u8>) -> rustix::io::Result<Names> {
        let (from, to) = (open_below(self.from, &path)?, open_below(self.to, &path)?);
        let mut names = Vec::new();
        for entry in Dir::read_from(&from)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if !matches!(name, b"." | b"..") {
                let kind = statat(&from, name, AtFlags::SYMLINK_NOFOLLOW)?;
                names.push((name.to_vec(), FileType::from_raw_mode(kind.st_mode)));
            }
        }
        Ok(Names {
            path,
            from,
            to,
            names,
        })
    }

    fn check(&self, names: &Names) -> Result<()> {
        for (name, kind) in &names.names {
            let found = kind_at(names.to.as_fd(), OsStr::from_bytes(name));
            let found = found.map_err(|error| self.failed(error))?;
            let reason = match found {
                Some(found) if found.is_dir() && !kind.is_dir() => {
                    "there is a folder where a file belongs; remove it or rename it first"
                }
                Some(found) if found.is_symlink() && kind.is_dir() => {
                    "there is a symbolic link where a folder belongs; remove it or rename it first"
                }
                Some(found) if !found.is_dir() && kind.is_dir() => NO_FOLDER,
                Some(found) if !found.is_dir() && self.keeps => return Err(self.kept(&names.path_of(name))),
                _ => continue,
            };
            return Err(in_the_way(&self.shown_at(&names.path_of(name)), reason));
        }
        Ok(())
    }

    /// Moves new files, links and folders, and records the folders among them.
    fn move_all(&self, names: &Names, moved: &mut HashSet<Vec<u8>>) -> Result<()> {
        for (name, kind) in &names.names {
            if kind.is_dir() {
                let found = kind_at(names.to.as_fd(), OsStr::from_bytes(name));
                if found.map_err(|error| self.failed(error))?.is_some() {
                    continue;
                }
                moved.insert(names.path_of(name));
            }
            let moved = match self.keeps {
                true => move_new(&names.from, &names.to, name),
                false => renameat(&names.from, name.as_slice(), &names.to, name.as_slice()),
            };
            moved.map_err(|error| match error {
                // Another process has created it meanwhile.
                Errno::EXIST => self.kept(&names.path_of(name)),
                error => self.failed(error),
            })?;
        }
        Ok(())
    }

    fn kept(&self, path: &[u8]) -> Error {
        let reason = "the file exists, and overwriting is disabled";
        in_the_way(&self.shown_at(path), reason).with_kind(ErrorKind::WouldOverwrite)
    }

    fn shown_at(&self, path: &[u8]) -> PathBuf {
        self.shown.join(OsStr::from_bytes(path))
    }

    fn failed(&self, error: Errno) -> Error {
        Error::storage(self.shown.display(), io::Error::from(error))
    }
}

/// Renames an entry without replacing an existing one.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn move_new(from: &OwnedFd, to: &OwnedFd, name: &[u8]) -> rustix::io::Result<()> {
    use rustix::fs::{RenameFlags, renameat_with};

    match renameat_with(from, name, to, name, RenameFlags::NOREPLACE) {
        // The file system does not support this. An earlier check found no existing entry.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => renameat(from, name, to, name),
        moved => moved,
    }
}

/// Renames an entry for which an earlier check found no existing one.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn move_new(from: &OwnedFd, to: &OwnedFd, name: &[u8]) -> rustix::io::Result<()> {
    renameat(from, name, to, name)
}

fn kind_at(dir: BorrowedFd<'_>, path: impl AsRef<Path>) -> rustix::io::Result<Option<FileType>> {
    match statat(dir, path.as_ref(), AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => Ok(Some(FileType::from_raw_mode(found.st_mode))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Flushes the whole file system: one call instead of one for each of many files.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn flush(root: BorrowedFd<'_>) -> io::Result<()> {
    Ok(rustix::fs::syncfs(root)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn flush(_root: BorrowedFd<'_>) -> io::Result<()> {
    rustix::fs::sync();
    Ok(())
}
