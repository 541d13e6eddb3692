//! Parts: files that are not complete when the program ends, and that the next run resumes.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::{Builder, NamedTempFile, TempPath};

use crate::part_state::Beside;
use crate::{AtomicFile, Error};

/// The start of the name of every part, by which [`sweep_parts`](crate::sweep_parts()) knows them.
pub(crate) const PART_PREFIX: &str = ".oras-part-";

/// How long a part is kept to which nobody adds: a week.
pub const PART_GRACE: Duration = Duration::from_secs(7 * 24 * 3600);

/// The least bytes of content that is worth a part: 8 MiB.
pub const PART_LEAST: u64 = 8 * 1024 * 1024;

/// The longest id.
const MAX_ID: usize = 160;
const PAUSE: Duration = Duration::from_millis(5);

/// A file that is left where it is when it is dropped, to be found again by its id.
impl AtomicFile {
    /// Creates the part `id` in `dir`, which must be on the file system of the final name.
    ///
    /// `id` has 1 to 160 ASCII letters and digits; `mode` is as in [`create`](Self::create). Whoever has the file open
    /// keeps it locked.
    ///
    /// # Errors
    ///
    /// `id` is something else, there is such a part, another process has it already, or the file cannot be created.
    pub fn create_part(dir: &Path, id: &str, mode: u32) -> Result<Self, Error> {
        let path = path_of(dir, id)?;
        let fail = |source| Error::new("create", &path, source);
        let mut builder = Builder::new();
        builder.prefix(PART_PREFIX).suffix(id).rand_bytes(0);
        let mut temp = crate::atomic::make_in(dir, &builder, mode).map_err(fail)?;
        temp.disable_cleanup(true);
        // Between the two, another process may have opened it to go on with it.
        if let Err(TryLockError::WouldBlock) = temp.as_file().try_lock() {
            return Err(fail(io::ErrorKind::WouldBlock.into()));
        }
        let part = Self::from(temp).beside(Beside::new(&path, id));
        // It is of a part that is gone.
        part.beside.iter().for_each(Beside::remove);
        Ok(part)
    }

    /// Opens the part `id` in `dir` at its end; `None` where there is none, or another process has kept it open for
    /// longer than `wait`.
    ///
    /// # Errors
    ///
    /// `id` is not one, or the file cannot be opened.
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
        Ok(Some(Self::from(temp).beside(Beside::new(&path, id))))
    }

    /// From now on, the file is removed when it is dropped, as any other that was not committed.
    pub fn remove_on_drop(&mut self) {
        self.temp.disable_cleanup(false);
        if let Some(beside) = &mut self.beside {
            beside.is_removed_on_drop = true;
        }
    }

    fn beside(mut self, beside: Beside) -> Self {
        self.beside = Some(beside);
        self
    }
}

/// Opens and locks what is under this name: `None` where nothing is, or somebody else has it.
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
    Ok(is_still(&file, path).then_some(file))
}

/// Opens the regular file of this name; `None` where nothing is, or something else.
pub(crate) fn open_regular(path: &Path) -> io::Result<Option<File>> {
    // A link could lead anywhere, and opening a pipe would wait for ever.
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Ok(file) => Ok(is_still(&file, path).then_some(file)),
        Err(error) => Err(error),
    }
}

/// Whether the name is that of this file still: before it was locked, it may have become something else.
#[cfg(unix)]
fn is_still(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still(_file: &File, path: &Path) -> bool {
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
