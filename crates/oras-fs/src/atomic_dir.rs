//! A folder that gets its name only when it is complete.

use std::fs::File;
use std::io;
use std::path::Path;

use tempfile::{Builder, TempDir};

use crate::Error;
use crate::atomic::TEMP_PREFIX;

/// A folder under a temporary name, which [`commit`](Self::commit) gives its final one.
///
/// Dropping it removes it with all that is in it. It is locked while it lives, so that a sweep by another process
/// leaves it alone. Until then only its owner can enter it.
#[derive(Debug)]
pub struct AtomicDir {
    temp: TempDir,
    umask: u32,
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
        let temp = new_temp(parent).map_err(fail)?;
        let umask = restrict(temp.path()).map_err(fail)?;
        // A file system without locks loses only the protection against a sweep, which has its grace time too.
        let lock = File::open(temp.path()).ok().filter(|dir| dir.try_lock().is_ok());
        Ok(Self {
            temp,
            umask,
            _lock: lock,
        })
    }

    /// Where the folder is until it is committed.
    pub fn path(&self) -> &Path {
        self.temp.path()
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
    pub fn commit(self, target: &Path) -> io::Result<()> {
        std::fs::rename(self.temp.path(), target)?;
        // It is no longer there to be removed.
        let _ = self.temp.keep();
        Ok(())
    }
}

fn new_temp(parent: &Path) -> io::Result<TempDir> {
    let mut builder = Builder::new();
    builder.prefix(TEMP_PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    builder.tempdir_in(parent)
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
