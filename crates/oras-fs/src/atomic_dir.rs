//! A folder that gets its name only when it is complete.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::Builder;

use crate::Error;
use crate::atomic::TEMP_PREFIX;

/// A folder under a temporary name, which [`commit`](Self::commit) gives its final one.
///
/// Dropping it removes it with all that is in it. It is locked while it lives, so that a sweep by another process
/// leaves it alone. Until then only its owner can enter it.
#[derive(Debug)]
pub struct AtomicDir {
    path: PathBuf,
    umask: u32,
    is_committed: bool,
    /// Holds the lock.
    _lock: Option<File>,
}

impl AtomicDir {
    /// Creates a temporary folder in `parent`, which must be on the file system of the final name.
    ///
    /// # Errors
    ///
    /// `parent` is missing, or a folder cannot be created in it.
    pub fn create(parent: &Path) -> Result<Self, Error> {
        let fail = |source| Error::new("create a folder in", parent, source);
        let mut dir = Self {
            path: new_temp(parent).map_err(fail)?,
            umask: 0,
            is_committed: false,
            _lock: None,
        };
        dir.umask = restrict(&dir.path).map_err(fail)?;
        // A file system without locks loses only the protection against a sweep, which has its grace time too.
        dir._lock = File::open(&dir.path).ok().filter(|dir| dir.try_lock().is_ok());
        Ok(dir)
    }

    /// Where the folder is until it is committed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which permission bits the process takes away from new files; 0 where there are none.
    pub fn umask(&self) -> u32 {
        self.umask
    }

    /// Renames the folder to `target`, where nothing may be but an empty folder.
    ///
    /// # Errors
    ///
    /// On error `target` is unchanged and the temporary folder is removed.
    pub fn commit(mut self, target: &Path) -> io::Result<()> {
        std::fs::rename(&self.path, target)?;
        // It is no longer there to be removed.
        self.is_committed = true;
        Ok(())
    }
}

impl Drop for AtomicDir {
    fn drop(&mut self) {
        if !self.is_committed {
            // What is left is swept later.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// The path of a new folder.
fn new_temp(parent: &Path) -> io::Result<PathBuf> {
    let mut builder = Builder::new();
    // It is no file, which the builder would remove.
    builder.prefix(TEMP_PREFIX).disable_cleanup(true);
    let made = builder.make_in(parent, |path| std::fs::create_dir(path))?;
    Ok(made.path().to_owned())
}

/// Closes a new folder to others; what permissions it did not get tells the umask.
#[cfg(unix)]
fn restrict(dir: &Path) -> io::Result<u32> {
    use std::fs::{Permissions, metadata, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    let mode = metadata(dir)?.permissions().mode();
    set_permissions(dir, Permissions::from_mode(0o700))?;
    Ok(!mode & 0o777)
}

#[cfg(not(unix))]
fn restrict(_dir: &Path) -> io::Result<u32> {
    Ok(0)
}
