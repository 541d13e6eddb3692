//! `Output`: writes to a path chosen by the user.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf, is_separator};

use crate::atomic::{AtomicFile, Durability, parent};
use crate::error::Error;

/// The permission bits of a new file, less the process's umask.
const MODE: u32 = 0o644;

/// Upper bound on the number of links followed, as in Linux.
const MAX_LINKS: usize = 40;

/// A file to write at a path chosen by the user.
///
/// - A missing or regular file is replaced atomically at [`commit`](Self::commit). An existing file keeps its
///   permission bits.
/// - A device, pipe or socket is written to directly and never replaced. So is a file that a process has open, such as
///   `/dev/stdout`: its existing content stays, and the bytes are appended.
/// - A symbolic link is followed, and these rules apply to its target. The link stays.
/// - A folder is rejected.
///
/// Do not use this for names that come with content: these must not be able to point through links.
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
    /// Opens the output at `path`. For a pipe without a reader, waits for one.
    ///
    /// # Errors
    ///
    /// Fails if `path` is a folder or ends with a separator (of the kind
    /// [`IsADirectory`](io::ErrorKind::IsADirectory)), is a cycle of links, or cannot be written to.
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

    /// Makes the written bytes visible.
    ///
    /// # Errors
    ///
    /// Fails if the bytes cannot be written or the file renamed. A regular file is then unchanged.
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
/// As for [`Output::open`] and [`Output::commit`].
pub fn write_output(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut output = Output::open(path)?;
    output
        .write_all(bytes)
        .map_err(|source| Error::new("write to", path, source))?;
    output.commit(Durability::Data)
}

/// Follows the symbolic links that start at `path`. The target need not exist.
///
/// # Errors
///
/// Fails if the links form a cycle, or one cannot be read.
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
        // Links are relative to the folder that contains them.
        at = parent(&at).join(fs::read_link(&at)?);
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Whether a path is in `/proc`, whose links point to files that a process has open.
fn is_of_a_process(path: &Path) -> bool {
    fs::canonicalize(parent(path)).is_ok_and(|dir| dir.starts_with("/proc"))
}

/// Opens a file that a process already has open. The process's own streams are shared, so that later output follows
/// what is written here. Any other regular file is appended to.
fn open_again(path: &Path, is_regular: bool) -> io::Result<File> {
    #[cfg(unix)]
    if let Some(stream) = inherited_stream(path)? {
        return Ok(stream);
    }
    OpenOptions::new().write(true).append(is_regular).open(path)
}

#[cfg(unix)]
fn inherited_stream(path: &Path) -> io::Result<Option<File>> {
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

/// Whether a path ends with a separator and so can only name a folder.
fn ends_as_folder(path: &Path) -> bool {
    path.to_string_lossy().ends_with(is_separator)
}
