//! Files that get their final name only when complete.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use crate::Error;
use crate::part_state::StateFile;

/// The prefix of temporary names, by which [`sweep`](crate::sweep()) recognises leftovers.
pub(crate) const TEMP_PREFIX: &str = ".oras-tmp-";

/// What a commit flushes to disk before it reports success.
///
/// The rename is atomic in every case. This concerns power loss, not killed processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Flush nothing; the system decides when to write.
    None,
    /// Flush the content.
    #[default]
    Data,
    /// Flush the content and its name.
    Full,
}

impl Durability {
    /// Returns the interval in bytes at which to save the state of a part: `wanted`, or never if nothing is flushed.
    pub fn state_interval(self, wanted: u64) -> u64 {
        match self {
            Self::None => u64::MAX,
            Self::Data | Self::Full => wanted,
        }
    }
}

/// A file with a temporary name, renamed to its final name by [`commit`](Self::commit).
///
/// Dropping it removes the temporary file. The file stays locked until then, so that other processes do not sweep it.
#[derive(Debug)]
pub struct AtomicFile {
    /// The state file next to a part. Declared first, so that it is removed before the part.
    pub(crate) state_file: Option<StateFile>,
    pub(crate) temp: NamedTempFile,
    /// The permission bits of the file being replaced.
    kept_mode: Option<u32>,
}

impl AtomicFile {
    /// Creates a temporary file in `dir`, which must be on the file system of the final name.
    ///
    /// `mode` sets the permission bits, less the process's umask. Ignored on systems without them.
    ///
    /// # Errors
    ///
    /// Fails if the folder is missing, or a file cannot be created in it.
    pub fn create(dir: &Path, mode: u32) -> Result<Self, Error> {
        let temp = new_temp(dir, mode).map_err(|source| Error::new("create a file in", dir, source))?;
        // On file systems without locks, only the grace period protects the file from a sweep.
        let _ = temp.as_file().try_lock();
        Ok(temp.into())
    }

    /// Creates a temporary file in the folder of `target`, to be committed to `target`.
    ///
    /// An existing regular file passes on its permission bits, except setuid and setgid, which would let the new
    /// content run as its owner. Otherwise `mode` works as in [`create`](Self::create).
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub fn create_for(target: &Path, mode: u32) -> Result<Self, Error> {
        let kept_mode = mode_of(target);
        // Others must not read the file before it is complete unless they may read it afterwards. A sweep needs write
        // permission to open it.
        let mut file = Self::create(parent(target), kept_mode.map_or(mode, |kept| kept | 0o200))?;
        file.kept_mode = kept_mode;
        Ok(file)
    }

    /// Returns the open file, for writing, seeking or reading back.
    pub fn file(&mut self) -> &mut File {
        self.temp.as_file_mut()
    }

    /// Returns the path of the temporary file.
    pub fn path(&self) -> &Path {
        self.temp.path()
    }

    /// Renames the file to `target`, replacing any existing file.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be flushed or renamed. `target` is then unchanged and the temporary file is removed.
    /// With [`Durability::Full`], also fails if the folder cannot be flushed, after `target` has been replaced.
    pub fn commit(mut self, target: &Path, durability: Durability) -> Result<(), Error> {
        self.sync(durability)?;
        self.remove_state();
        self.temp
            .persist(target)
            .map_err(|failed| Error::new("write", target, failed.error))?;
        sync_parent(target, durability)
    }

    /// Renames the file to `target` unless it already exists.
    ///
    /// # Errors
    ///
    /// As for [`commit`](Self::commit), and with the kind [`AlreadyExists`](io::ErrorKind::AlreadyExists) if `target`
    /// exists.
    pub fn commit_new(mut self, target: &Path, durability: Durability) -> Result<(), Error> {
        self.sync(durability)?;
        self.remove_state();
        self.temp
            .persist_noclobber(target)
            .map_err(|failed| Error::new("write", target, failed.error))?;
        sync_parent(target, durability)
    }

    fn sync(&self, durability: Durability) -> Result<(), Error> {
        if let Some(mode) = self.kept_mode {
            set_mode(self.temp.as_file(), mode)
                .map_err(|source| Error::new("set the permissions of", self.path(), source))?;
        }
        if durability == Durability::None {
            return Ok(());
        }
        self.temp
            .as_file()
            .sync_all()
            .map_err(|source| Error::new("flush", self.path(), source))
    }
}

impl From<NamedTempFile> for AtomicFile {
    fn from(temp: NamedTempFile) -> Self {
        Self {
            state_file: None,
            temp,
            kept_mode: None,
        }
    }
}

impl Write for AtomicFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.file().write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

/// Replaces the content of the file at `path`, or creates the file.
///
/// # Errors
///
/// Fails if the folder is missing or not writable, or the disk is full. The existing file is then unchanged.
pub fn write_atomic(path: &Path, bytes: &[u8], mode: u32, durability: Durability) -> Result<(), Error> {
    let mut file = AtomicFile::create(parent(path), mode)?;
    file.write_all(bytes)
        .map_err(|source| Error::new("write", path, source))?;
    file.commit(path, durability)
}

/// Flushes the names in the folder `dir` to disk.
///
/// # Errors
///
/// Fails if the folder cannot be opened or flushed.
pub fn sync_dir(dir: &Path) -> Result<(), Error> {
    // Only Unix can open a folder as a file. Elsewhere, nothing more can be done for the rename.
    if cfg!(not(unix)) {
        return Ok(());
    }
    File::open(dir)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| Error::new("flush", dir, source))
}

fn sync_parent(target: &Path, durability: Durability) -> Result<(), Error> {
    if durability == Durability::Full {
        sync_dir(parent(target))?;
    }
    Ok(())
}

/// Returns the folder that contains `path`, or `.` for a bare name.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

/// Returns the permission bits of a regular file.
#[cfg(unix)]
fn mode_of(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;

    let found = std::fs::symlink_metadata(path).ok()?;
    found.is_file().then(|| found.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode_of(_path: &Path) -> Option<u32> {
    None
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_file: &File, _mode: u32) -> io::Result<()> {
    Ok(())
}

fn new_temp(dir: &Path, mode: u32) -> io::Result<NamedTempFile> {
    make_in(dir, Builder::new().prefix(TEMP_PREFIX), mode)
}

/// Creates a file named by `builder`, with these permission bits, less the process's umask.
///
/// The builder's own method would put the temporary path into every error, but callers report a better one.
pub(crate) fn make_in(dir: &Path, builder: &Builder<'_, '_>, mode: u32) -> io::Result<NamedTempFile> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    builder.make_in(dir, |path| options.open(path))
}
