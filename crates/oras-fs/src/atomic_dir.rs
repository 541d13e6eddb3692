//! Folders that get their final name only when complete.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::Builder;

use crate::Error;
use crate::atomic::TEMP_PREFIX;

/// A folder with a temporary name, renamed to its final name by [`commit`](Self::commit).
///
/// Dropping it removes the folder with its content. The folder stays locked until then, so that other processes do not
/// sweep it. Only its owner can access it.
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
    /// Fails if `parent` is missing, or a folder cannot be created in it.
    pub fn create(parent: &Path) -> Result<Self, Error> {
        let fail = |source| Error::new("create a folder in", parent, source);
        let mut dir = Self {
            path: new_temp(parent).map_err(fail)?,
            umask: 0,
            is_committed: false,
            _lock: None,
        };
        dir.umask = restrict(&dir.path).map_err(fail)?;
        // On file systems without locks, only the grace period protects the folder from a sweep.
        dir._lock = File::open(&dir.path).ok().filter(|dir| dir.try_lock().is_ok());
        Ok(dir)
    }

    /// Returns the path of the temporary folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the process's umask, or 0 on systems without permission bits.
    pub fn umask(&self) -> u32 {
        self.umask
    }

    /// Renames the folder to `target`, which must be missing or an empty folder.
    ///
    /// # Errors
    ///
    /// Fails if the folder cannot be renamed. `target` is then unchanged and the temporary folder is removed.
    pub fn commit(mut self, target: &Path) -> io::Result<()> {
        std::fs::rename(&self.path, target)?;
        // The temporary path no longer exists.
        self.is_committed = true;
        Ok(())
    }
}

impl Drop for AtomicDir {
    fn drop(&mut self) {
        if !self.is_committed {
            // A later sweep removes what is left.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Creates a folder and returns its path.
fn new_temp(parent: &Path) -> io::Result<PathBuf> {
    let mut builder = Builder::new();
    // The builder's cleanup would try to remove a file.
    builder.prefix(TEMP_PREFIX).disable_cleanup(true);
    let made = builder.make_in(parent, |path| std::fs::create_dir(path))?;
    Ok(made.path().to_owned())
}

/// Makes a new folder private. Returns the umask, derived from the permissions it was created with.
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
