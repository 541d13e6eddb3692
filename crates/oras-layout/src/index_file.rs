//! The file `index.json`: read when it changed, and replaced atomically.

use std::fs::{File, Metadata};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use oras_content::{Error, Result};
use oras_fs::{AtomicFile, Durability};

use crate::index::Index;

/// Maximum size of `index.json` in bytes.
pub(crate) const MAX_INDEX_BYTES: u64 = 64 * 1024 * 1024;

/// The waits between attempts to read a truncated document, in milliseconds.
const LOAD_PAUSES: [u64; 6] = [10, 20, 50, 120, 300, 500];

/// A document that is still truncated after all attempts.
#[derive(Debug, thiserror::Error)]
#[error("the file is cut off; another program may be writing it, or was stopped while writing")]
struct CutOff(#[source] serde_json::Error);

#[derive(Debug)]
pub(crate) struct IndexFile {
    path: PathBuf,
}

/// Identifies a version of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl IndexFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn stamp(&self) -> Result<Stamp> {
        std::fs::metadata(&self.path)
            .map(|found| Stamp::of(&found))
            .map_err(|error| self.error(error))
    }

    /// Reads the file. A document that is truncated, for example while another program writes it in place, is read
    /// again for up to a second.
    pub(crate) fn load(&self) -> Result<(Index, Stamp)> {
        let mut pauses = LOAD_PAUSES.iter();
        loop {
            let (bytes, found) =
                read_small(&self.path, MAX_INDEX_BYTES).map_err(|error| self.error(error))?;
            match (Index::read(&bytes), pauses.next()) {
                (Ok(index), _) => return Ok((index, Stamp::of(&found))),
                (Err(error), Some(pause)) if error.is_eof() => {
                    std::thread::sleep(Duration::from_millis(*pause));
                }
                (Err(error), None) if error.is_eof() => {
                    let source = CutOff(error);
                    return Err(Error::invalid_manifest(self.path.display(), source));
                }
                (Err(error), _) => return Err(Error::invalid_manifest(self.path.display(), error)),
            }
        }
    }

    /// Replaces the file, unless it changed since `before`. Returns the stamp of the new file.
    ///
    /// Under the lock the result is `None` only if a tool without support for the lock changed the file.
    pub(crate) fn replace(
        &self,
        index: &Index,
        before: &Stamp,
        durability: Durability,
    ) -> Result<Option<Stamp>> {
        let mut file = self.write(index)?;
        if durability != Durability::None {
            file.file().sync_all().map_err(|error| self.error(error))?;
        }
        let written = file.file().metadata().map_err(|error| self.error(error))?;
        if self.stamp()? != *before {
            return Ok(None);
        }
        file.commit(&self.path, durability)
            .map_err(|error| Error::storage(self.path.display(), error))?;
        Ok(Some(Stamp::of(&written)))
    }

    /// Creates the file if it is missing.
    pub(crate) fn create(&self, index: &Index, durability: Durability) -> Result<()> {
        if self.path.exists() {
            return Ok(());
        }
        self.write(index)?
            .commit(&self.path, durability)
            .map_err(|error| Error::storage(self.path.display(), error))
    }

    fn write(&self, index: &Index) -> Result<AtomicFile> {
        let dir = self
            .path
            .parent()
            .expect("the index is in the folder of the layout");
        let mut file =
            AtomicFile::create(dir, 0o644).map_err(|error| Error::storage(self.path.display(), error))?;
        let mut buffer = BufWriter::new(&mut file);
        let written = index.write(&mut buffer).and_then(|()| buffer.flush());
        drop(buffer);
        // File times of the system have a granularity of some milliseconds, and inodes are reused: without this, two
        // quick changes could have the same stamp.
        let stamped = written.and_then(|()| file.file().set_modified(SystemTime::now()));
        stamped.map_err(|error| self.error(error))?;
        Ok(file)
    }

    fn error(&self, error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::NotFound => Error::not_found(self.path.display()),
            _ => Error::storage(self.path.display(), error),
        }
    }
}

impl Stamp {
    fn of(found: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(found);
        #[cfg(not(unix))]
        let inode = 0;
        Self {
            len: found.len(),
            modified: found.modified().ok(),
            inode,
        }
    }
}

/// Reads a regular file of at most `limit` bytes.
pub(crate) fn read_small(path: &Path, limit: u64) -> io::Result<(Vec<u8>, Metadata)> {
    // Opening a pipe would block for ever.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let file = File::open(path)?;
    let found = file.metadata()?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("larger than the limit of {limit} bytes"),
        ));
    }
    Ok((bytes, found))
}
