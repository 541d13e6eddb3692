//! Part files: incomplete files that survive the end of the program, for a later run to resume.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::{Builder, NamedTempFile, TempPath};

use crate::part_state::StateFile;
use crate::{AtomicFile, Error};

/// The prefix of part files, by which [`sweep_parts`](crate::sweep_parts()) recognises them.
pub(crate) const PART_PREFIX: &str = ".oras-part-";

/// How long a part file is kept after the last write: a week.
pub const PART_GRACE: Duration = Duration::from_secs(7 * 24 * 3600);

/// The smallest content for which part files are used: 8 MiB.
pub const MIN_PART_SIZE: u64 = 8 * 1024 * 1024;

/// Upper bound on the length of an id.
const MAX_ID: usize = 160;
const PAUSE: Duration = Duration::from_millis(5);

/// Part files: they stay in place when dropped, and are found again by their id.
impl AtomicFile {
    /// Creates the part file `id` in `dir`, which must be on the file system of the final name.
    ///
    /// `id` consists of 1 to 160 ASCII letters and digits. `mode` works as in [`create`](Self::create). The file stays
    /// locked while it is open.
    ///
    /// # Errors
    ///
    /// Fails if `id` has another form, the part file exists, another process has just opened it, or it cannot be
    /// created.
    pub fn create_part(dir: &Path, id: &str, mode: u32) -> Result<Self, Error> {
        let path = path_of(dir, id)?;
        let fail = |source| Error::new("create", &path, source);
        let mut builder = Builder::new();
        builder.prefix(PART_PREFIX).suffix(id).rand_bytes(0);
        let mut temp = crate::atomic::make_in(dir, &builder, mode).map_err(fail)?;
        temp.disable_cleanup(true);
        // Another process may have opened the file to resume it before the lock was taken.
        if let Err(TryLockError::WouldBlock) = temp.as_file().try_lock() {
            return Err(fail(io::ErrorKind::WouldBlock.into()));
        }
        let part = Self::from(temp).state_file(StateFile::new(&path, id));
        // Any state file belongs to an earlier part file that is gone.
        part.state_file.iter().for_each(StateFile::remove);
        Ok(part)
    }

    /// Opens the part file `id` in `dir`, positioned at its end. Returns `None` if it does not exist, or if another
    /// process keeps it open for longer than `wait`.
    ///
    /// # Errors
    ///
    /// Fails if `id` is invalid, or the file cannot be opened.
    pub fn open_part(dir: &Path, id: &str, wait: Duration) -> Result<Option<Self>, Error> {
        let path = path_of(dir, id)?;
        let fail = |source| Error::new("open", &path, source);
        let Some(mut file) = open_locked(&path, wait).map_err(fail)? else {
            return Ok(None);
        };
        file.seek(SeekFrom::End(0)).map_err(fail)?;
        let named = TempPath::try_from_path(&path).map_err(fail)?;
        let mut temp = NamedTempFile::from_parts(file, named);
        temp.disable_cleanup(true);
        Ok(Some(Self::from(temp).state_file(StateFile::new(&path, id))))
    }

    /// Removes the file when it is dropped without being committed, as for any other temporary file.
    pub fn remove_on_drop(&mut self) {
        self.temp.disable_cleanup(false);
        if let Some(state_file) = &mut self.state_file {
            state_file.is_removed_on_drop = true;
        }
    }

    fn state_file(mut self, state_file: StateFile) -> Self {
        self.state_file = Some(state_file);
        self
    }
}

/// Opens and locks a file. Returns `None` if it does not exist, or another process has locked it.
pub(crate) fn open_locked(path: &Path, wait: Duration) -> io::Result<Option<File>> {
    let Some(file) = open_regular(path)? else {
        return Ok(None);
    };
    let deadline = Instant::now() + wait;
    while let Err(error) = file.try_lock() {
        match error {
            TryLockError::Error(error) if error.kind() == io::ErrorKind::Unsupported => break,
            TryLockError::Error(error) => return Err(error),
            TryLockError::WouldBlock if Instant::now() >= deadline => return Ok(None),
            TryLockError::WouldBlock => thread::sleep(PAUSE),
        }
    }
    Ok(is_named(&file, path).then_some(file))
}

/// Opens a regular file. Returns `None` if there is none of that name.
pub(crate) fn open_regular(path: &Path) -> io::Result<Option<File>> {
    // A link could point anywhere, and opening a pipe would block forever.
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Ok(file) => Ok(is_named(&file, path).then_some(file)),
        Err(error) => Err(error),
    }
}

/// Whether `path` still names this file: it may have been replaced before it was locked.
#[cfg(unix)]
fn is_named(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_named(_file: &File, path: &Path) -> bool {
    path.exists()
}

fn path_of(dir: &Path, id: &str) -> Result<PathBuf, Error> {
    let valid = (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    match valid {
        true => Ok(dir.join(format!("{PART_PREFIX}{id}"))),
        false => {
            let source = io::Error::new(
                io::ErrorKind::InvalidInput,
                "an id has 1 to 160 letters and digits",
            );
            Err(Error::new("open a part in", dir, source))
        }
    }
}
