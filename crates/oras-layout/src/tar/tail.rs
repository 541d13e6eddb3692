//! The end of an archive that is being written, where the next file is added.

use std::collections::HashSet;
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use oras_archive::{END, file_header, folder_header, padding};
use oras_content::{Digest, Error, ErrorKind, Result};
use oras_fs::{AtomicFile, Durability};

use super::archive::name_of;

const FOLDER_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o644;
/// Read-only, as in a folder, because content never changes.
const BLOB_MODE: u32 = 0o444;

/// An archive under a temporary name, next to its final one. All calls block.
#[derive(Debug)]
pub(super) struct Tail {
    file: AtomicFile,
    /// The length of the archive. Bytes after it belong to an abandoned file, and are overwritten.
    end: u64,
    folders: HashSet<String>,
}

impl Tail {
    /// Starts an archive to be renamed to `target`, with the permission bits of an existing file there.
    pub(super) fn begin(target: &Path) -> Result<Self> {
        let dir = oras_fs::parent(target);
        std::fs::create_dir_all(dir).map_err(|error| Error::storage(dir.display(), error))?;
        oras_fs::sweep(dir, oras_fs::GRACE);
        let file = AtomicFile::create_for(target, FILE_MODE);
        let file = file.map_err(|error| Error::storage(target.display(), error))?;
        let mut tail = Self {
            file,
            end: 0,
            folders: HashSet::new(),
        };
        tail.folder("blobs/")?;
        tail.folder("blobs/sha256/")?;
        Ok(tail)
    }

    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Starts the file of a blob. It replaces one that was started but not finished.
    pub(super) fn start(&mut self, digest: &Digest, size: u64) -> Result<()> {
        self.folder(&format!("blobs/{}/", digest.algorithm_name()))?;
        self.seek()?;
        self.write(&file_header(&name_of(digest), size, BLOB_MODE))
    }

    /// Appends to the current file.
    pub(super) fn append(&mut self, frames: &[Bytes]) -> Result<()> {
        frames.iter().try_for_each(|frame| self.write(frame))
    }

    /// Finishes the current file, which has `size` verified bytes. Returns their position.
    pub(super) fn end(&mut self, size: u64) -> Result<Range<u64>> {
        let after = self.position()?;
        self.write(padding(size))?;
        self.end = self.position()?;
        Ok(after - size..after)
    }

    /// Adds a small file.
    pub(super) fn put(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.seek()?;
        let size = bytes.len() as u64;
        self.write(&file_header(name, size, FILE_MODE))?;
        self.write(bytes)?;
        self.end(size).map(drop)
    }

    /// Completes the archive and renames it to `target`. An existing file is an error, unless the archive `replaces`
    /// it.
    pub(super) fn commit(mut self, target: &Path, replaces: bool) -> Result<()> {
        self.seek()?;
        self.write(&END)?;
        let named = match replaces {
            true => self.file.commit(target, Durability::Full),
            false => self.file.commit_new(target, Durability::Full),
        };
        named.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => in_the_way(target),
            _ => Error::storage(target.display(), error),
        })
    }

    /// Adds a folder, unless it exists.
    fn folder(&mut self, name: &str) -> Result<()> {
        if self.folders.contains(name) {
            return Ok(());
        }
        self.seek()?;
        self.write(&folder_header(name, FOLDER_MODE))?;
        self.end = self.position()?;
        self.folders.insert(name.to_owned());
        Ok(())
    }

    /// Seeks to the end, and truncates the bytes after it.
    fn seek(&mut self) -> Result<()> {
        let end = self.end;
        let file = self.file.file();
        file.set_len(end)
            .and_then(|()| file.seek(SeekFrom::Start(end)))
            .map(drop)
            .map_err(|error| self.error(error))
    }

    fn position(&mut self) -> Result<u64> {
        let position = self.file.file().stream_position();
        position.map_err(|error| self.error(error))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| self.error(error))
    }

    fn error(&self, error: std::io::Error) -> Error {
        let source = oras_fs::Error::new("write to", self.path(), error);
        Error::storage(self.path().display(), source)
    }
}

/// The error if something already has the name of the archive.
pub(super) fn in_the_way(target: &Path) -> Error {
    let subject = format!("to write an OCI image layout to {}", target.display());
    let reason = "it exists, and an archive is written as a whole; remove it first, or choose another name";
    Error::new(ErrorKind::WouldOverwrite, subject).with_source(reason)
}
