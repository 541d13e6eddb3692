//! `Output`: what a program writes to a path that a person typed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf, is_separator};

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
///   such as `/dev/stdout`: what is in a file there stays, and the bytes follow it.
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
    /// `path` is a folder or ends as one does (of the kind [`IsADirectory`](io::ErrorKind::IsADirectory)), goes round in
    /// links, or cannot be written to.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let fail = |source| Error::new("write to", path, source);
        let found = match fs::metadata(path) {
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(fail(error)),
        };
        let kind = found.map(|found| found.file_type());
        if kind.is_some_and(|kind| kind.is_dir()) || ends_as_folder(path) {
            return Err(fail(io::ErrorKind::IsADirectory.into()));
        }
        let target = follow_links(path).map_err(fail)?;
        let is_regular = kind.is_none_or(|kind| kind.is_file());
        let kind = match is_of_a_process(&target) {
            true => Kind::Direct(open_again(&target, is_regular).map_err(fail)?),
            false if is_regular => Kind::Whole(AtomicFile::create_for(&target, MODE)?),
            false => Kind::Direct(OpenOptions::new().write(true).open(path).map_err(fail)?),
        };
        Ok(Self { target, kind })
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
    fs::canonicalize(parent(path)).is_ok_and(|dir| dir.starts_with("/proc"))
}

/// Opens what a process has open already. The streams of this process are shared, so that what it prints follows what
/// is written here; any other file is appended to.
fn open_again(path: &Path, is_regular: bool) -> io::Result<File> {
    #[cfg(unix)]
    if let Some(stream) = own_stream(path)? {
        return Ok(stream);
    }
    OpenOptions::new().write(true).append(is_regular).open(path)
}

#[cfg(unix)]
fn own_stream(path: &Path) -> io::Result<Option<File>> {
    use std::os::fd::AsFd;

    let own = format!("/proc/{}/fd", std::process::id());
    if fs::canonicalize(parent(path))? != Path::new(&own) {
        return Ok(None);
    }
    let stream = match path.file_name().and_then(|name| name.to_str()) {
        Some("1") => io::stdout().as_fd().try_clone_to_owned()?,
        Some("2") => io::stderr().as_fd().try_clone_to_owned()?,
        _ => return Ok(None),
    };
    Ok(Some(stream.into()))
}

/// Whether a path ends with a separator, as only the name of a folder does.
fn ends_as_folder(path: &Path) -> bool {
    path.to_string_lossy().ends_with(is_separator)
}
