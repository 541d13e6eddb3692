//! A file that gets its name only when it is complete.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use crate::Error;
use crate::part_state::Beside;

/// The start of every temporary name, by which [`sweep`](crate::sweep()) knows leftovers.
pub(crate) const TEMP_PREFIX: &str = ".oras-tmp-";

/// How much must be on the disk before a commit reports success.
///
/// The rename is atomic in every case; this is about a loss of power, not about a killed process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Leave it to the system when to write.
    None,
    /// The content is on the disk.
    #[default]
    Data,
    /// The content and its name are on the disk.
    Full,
}

impl Durability {
    /// After how many bytes of a part its state is saved, where `wanted` is: never where nothing is to be flushed.
    pub fn state_interval(self, wanted: u64) -> u64 {
        match self {
            Self::None => u64::MAX,
            Self::Data | Self::Full => wanted,
        }
    }
}

/// A file under a temporary name, which [`commit`](Self::commit) gives its final one.
///
/// Dropping it removes the temporary file. It is locked while it lives, so that a sweep by another process leaves it
/// alone.
#[derive(Debug)]
pub struct AtomicFile {
    /// What a part has beside it. The order matters: it goes before the part.
    pub(crate) beside: Option<Beside>,
    pub(crate) temp: NamedTempFile,
    /// The permission bits of the file that is replaced.
    kept_mode: Option<u32>,
}

impl AtomicFile {
    /// Creates a temporary file in `dir`, which must be on the file system of the final name.
    ///
    /// `mode` is what the permission bits will be, less the process's umask; ignored where there are none.
    ///
    /// # Errors
    ///
    /// The folder is missing, or a file cannot be created in it.
    pub fn create(dir: &Path, mode: u32) -> Result<Self, Error> {
        let temp = new_temp(dir, mode).map_err(|source| Error::new("create a file in", dir, source))?;
        // A file system without locks loses only the protection against a sweep, which has its grace time too.
        let _ = temp.as_file().try_lock();
        Ok(temp.into())
    }

    /// Creates a temporary file to be committed to `target`, in its folder.
    ///
    /// A regular file that is there already gives its permission bits, though not those that would let the new content
    /// run as its owner (setuid, setgid). Otherwise `mode` is as in [`create`](Self::create).
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub fn create_for(target: &Path, mode: u32) -> Result<Self, Error> {
        let kept_mode = mode_of(target);
        // What others may not read when it is complete they may not read before; a sweep has to open it for writing.
        let mut file = Self::create(parent(target), kept_mode.map_or(mode, |kept| kept | 0o200))?;
        file.kept_mode = kept_mode;
        Ok(file)
    }

    /// The open file, to write, seek or read back.
    pub fn file(&mut self) -> &mut File {
        self.temp.as_file_mut()
    }

    /// Where the file is until it is committed.
    pub fn path(&self) -> &Path {
        self.temp.path()
    }

    /// Renames the file to `target`, replacing what was there.
    ///
    /// # Errors
    ///
    /// On error `target` is unchanged and the temporary file is removed.
    pub fn commit(mut self, target: &Path, durability: Durability) -> Result<(), Error> {
        self.sync(durability)?;
        self.forget_state();
        self.temp
            .persist(target)
            .map_err(|failed| Error::new("write", target, failed.error))?;
        sync_parent(target, durability)
    }

    /// Renames the file to `target` unless something is there already.
    ///
    /// # Errors
    ///
    /// As [`commit`](Self::commit), and of the kind [`AlreadyExists`](io::ErrorKind::AlreadyExists) where `target`
    /// exists.
    pub fn commit_new(mut self, target: &Path, durability: Durability) -> Result<(), Error> {
        self.sync(durability)?;
        self.forget_state();
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
            beside: None,
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

/// Replaces the content of the file at `path`, or creates it.
///
/// # Errors
///
/// The folder is missing or not writable, or the disk is full; the old file is then untouched.
pub fn write_atomic(path: &Path, bytes: &[u8], mode: u32, durability: Durability) -> Result<(), Error> {
    let mut file = AtomicFile::create(parent(path), mode)?;
    file.write_all(bytes)
        .map_err(|source| Error::new("write", path, source))?;
    file.commit(path, durability)
}

/// Makes the names in the folder `dir` durable.
///
/// # Errors
///
/// The folder cannot be opened or flushed.
pub fn sync_dir(dir: &Path) -> Result<(), Error> {
    // Only Unix opens a folder as a file; elsewhere the rename is as durable as it gets.
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

/// The folder that `path` is in; `.` for a name alone.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

/// The permission bits of a regular file.
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

/// A new file that `builder` names, with these permission bits, less the process's umask.
///
/// The builder's own files would put their paths into all errors, and callers know a better one.
pub(crate) fn make_in(dir: &Path, builder: &Builder<'_, '_>, mode: u32) -> io::Result<NamedTempFile> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    builder.make_in(dir, |path| options.open(path))
}
