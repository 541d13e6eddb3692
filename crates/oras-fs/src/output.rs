//! `Output`: what a program writes to a path that a person typed.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use crate::atomic::{AtomicFile, Durability, parent};
use crate::error::Error;

/// The permission bits of a new file, less the process's umask.
const MODE: u32 = 0o644;

/// As many links as Linux follows on one path.
const MAX_LINKS: usize = 40;

/// An output under a path that a person typed.
///
/// - What is no file yet, or a regular one, appears whole at [`commit`](Self::commit) or not at all; an existing file
///   keeps its permission bits.
/// - A device, a pipe or a socket is written to as it is, and never replaced. So is whatever a process already has open,
///   such as `/dev/stdout`.
/// - A symbolic link is followed, and the same rule holds for what it leads to; the link stays.
/// - A folder is refused.
///
/// A name that came with content is another matter: nobody meant it to lead through a link.
///
/// ```
/// use std::io::Write;
/// use oras_fs::{Durability, Output};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("out");
/// let mut output = Output::open(&path)?;
/// output.write_all(b"hello")?;
/// assert!(!path.exists());
/// output.commit(Durability::Data)?;
/// assert_eq!(std::fs::read(&path)?, b"hello");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Output {
    target: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Whole(AtomicFile),
    Direct(File),
}

impl Output {
    /// Opens the output at `path`. A pipe without a reader makes this wait for one.
    ///
    /// # Errors
    ///
    /// `path` is a folder (of the kind [`IsADirectory`](io::ErrorKind::IsADirectory)), goes round in links, or cannot be
    /// written to.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let fail = |source| Error::new("write to", path, source);
        let found = match fs::metadata(path) {
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(fail(error)),
        };
        let kind = found.as_ref().map(|found| found.file_type());
        if kind.is_some_and(|kind| kind.is_dir()) {
            return Err(fail(io::ErrorKind::IsADirectory.into()));
        }
        let target = follow_links(path).map_err(fail)?;
        let is_open_already = is_of_a_process(&target);
        if is_open_already || kind.is_some_and(|kind| !FileType::is_file(&kind)) {
            let file = OpenOptions::new().write(true).open(path).map_err(fail)?;
            return Ok(Self {
                target: path.to_owned(),
                kind: Kind::Direct(file),
            });
        }
        let file = AtomicFile::create(parent(&target), MODE)?;
        if let Some(found) = found {
            fs::set_permissions(file.path(), found.permissions()).map_err(fail)?;
        }
        Ok(Self {
            target,
            kind: Kind::Whole(file),
        })
    }

    /// Makes what was written appear.
    ///
    /// # Errors
    ///
    /// On error a regular file is what it was before.
    pub fn commit(self, durability: Durability) -> Result<(), Error> {
        match self.kind {
            Kind::Whole(file) => file.commit(&self.target, durability),
            Kind::Direct(mut file) => file
                .flush()
                .map_err(|source| Error::new("write to", &self.target, source)),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.kind {
            Kind::Whole(file) => file.write(bytes),
            Kind::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.kind {
            Kind::Whole(file) => file.flush(),
            Kind::Direct(file) => file.flush(),
        }
    }
}

/// Writes `bytes` to the [`Output`] at `path`.
///
/// # Errors
///
/// As [`Output::open`] and [`Output::commit`].
pub fn write_output(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut output = Output::open(path)?;
    output
        .write_all(bytes)
        .map_err(|source| Error::new("write to", path, source))?;
    output.commit(Durability::Data)
}

/// Where the links that start at `path` end, whether or not there is something.
///
/// # Errors
///
/// They go round, or one cannot be read.
pub fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut at = path.to_owned();
    for _ in 0..MAX_LINKS {
        if is_of_a_process(&at) {
            return Ok(at);
        }
        let is_link = fs::symlink_metadata(&at).is_ok_and(|found| found.is_symlink());
        if !is_link {
            return Ok(at);
        }
        // A link is relative to the folder it is in.
        at = parent(&at).join(fs::read_link(&at)?);
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Whether a path is in `/proc`, where links lead to what a process has open.
fn is_of_a_process(path: &Path) -> bool {
    let mut parts = path.components();
    parts.next() == Some(Component::RootDir) && parts.next() == Some(Component::Normal("proc".as_ref()))
}
