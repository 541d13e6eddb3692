//! A folder into an archive.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use oras_content::{Algorithm, Digest, Error, Result};
use tar::{Builder, EntryType, Header};

use crate::Compression;
use crate::compression::Compressor;
use crate::hashing::Hashing;
use crate::walk::{Found, Walk};

/// How a folder is packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PackOptions {
    /// How the archive is compressed; gzip at level 6 by default.
    pub compression: Compression,
    /// Which times the files have in it; the start of 1970 by default.
    pub times: Times,
    /// Which permissions the files have in it; their own by default.
    pub modes: Modes,
}

/// Which times of change the files of an archive have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Times {
    /// This one, in seconds since 1970, for all files: the same files make the same archive.
    At(u64),
    /// Those of the files.
    Kept,
}

impl Default for Times {
    fn default() -> Self {
        Self::At(0)
    }
}

/// Which permission bits the files of an archive have. Set-user-ID and the like are never kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Modes {
    /// Those of the files.
    #[default]
    Kept,
    /// 0755 for folders and for what anybody may run, else 0644, so that the umask of whoever made the files does not
    /// show.
    Normal,
}

impl PackOptions {
    /// Compresses the archive like this.
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Gives the files these times.
    #[must_use]
    pub fn with_times(mut self, times: Times) -> Self {
        self.times = times;
        self
    }

    /// Gives the files these permissions.
    #[must_use]
    pub fn with_modes(mut self, modes: Modes) -> Self {
        self.modes = modes;
        self
    }
}

/// What an archive turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Packed {
    /// The sha256 digest of the archive, as it was written.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// The sha256 digest of the archive before it was compressed.
    pub tar_digest: Digest,
}

/// Writes an archive of the folder `dir` to `out`, in which everything is below the folder `name`.
///
/// The same files give the same archive: names are sorted, owners are left out. Symbolic links stay links; several
/// names of one file become one file and hard links to it. It compresses on all cores, and holds a few MiB.
///
/// # Errors
///
/// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): there is a device, pipe or socket in the folder.
/// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): something in it cannot be read, or changes meanwhile, or
///   `out` takes no more.
///
/// # Example
///
/// ```
/// use oras_archive::{PackOptions, UnpackOptions, pack, unpack};
///
/// # fn main() -> Result<(), oras_content::Error> {
/// # let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
/// std::fs::write(from.path().join("hello.txt"), "hello").unwrap();
/// let mut archive = Vec::new();
/// let packed = pack(from.path(), "docs", &PackOptions::default(), &mut archive)?;
/// assert_eq!(packed.size, archive.len() as u64);
///
/// let target = to.path().join("docs");
/// unpack(&archive[..], "docs", &target, &UnpackOptions::default())?;
/// assert_eq!(std::fs::read(target.join("hello.txt")).unwrap(), b"hello");
/// # Ok(())
/// # }
/// ```
pub fn pack(dir: &Path, name: &str, opts: &PackOptions, out: impl Write) -> Result<Packed> {
    let failed = |error| Error::storage(format!("an archive of {}", dir.display()), error);
    let out = Hashing::new(io::BufWriter::new(out), Algorithm::Sha256);
    let compressor = Compressor::new(out, opts.compression).map_err(failed)?;
    let mut packer = Packer {
        dir,
        name: inner_name(name),
        opts,
        tar: Builder::new(Hashing::new(compressor, Algorithm::Sha256)),
        links: HashMap::new(),
    };
    for found in Walk::new(dir) {
        packer.add(&found?)?;
    }
    let tar = packer.tar.into_inner().map_err(failed)?;
    let (compressor, tar_digest, _) = tar.finish();
    let (mut out, digest, size) = compressor.finish().map_err(failed)?.finish();
    out.flush().map_err(failed)?;
    Ok(Packed {
        digest,
        size,
        tar_digest,
    })
}

/// The name of a folder within its archive: what is left of `name` without a root and `..`.
pub(crate) fn inner_name(name: &str) -> PathBuf {
    name.split('/')
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .collect()
}

struct Packer<'a, W: Write> {
    dir: &'a Path,
    name: PathBuf,
    opts: &'a PackOptions,
    tar: Builder<Hashing<Compressor<W>>>,
    /// The first names of files that have several, by device and inode.
    links: HashMap<(u64, u64), PathBuf>,
}

impl<W: Write> Packer<'_, W> {
    fn add(&mut self, found: &Found) -> Result<()> {
        let source = self.dir.join(&found.path);
        let path = match found.path.as_os_str().is_empty() {
            true => self.name.clone(),
            false => self.name.join(&found.path),
        };
        let kind = found.metadata.file_type();
        let added = match () {
            () if kind.is_dir() => self.add_folder(&path, &found.metadata),
            () if kind.is_symlink() => self.add_symlink(&path, &source, &found.metadata),
            () if kind.is_file() => self.add_file(&path, &source, &found.metadata),
            () => {
                let what =
                    "it is a device, pipe or socket, which cannot be packed; remove it or leave it out";
                return Err(Error::refused(format!("to pack {}", source.display()), what));
            }
        };
        added.map_err(|error| Error::storage(source.display(), error))
    }

    fn add_folder(&mut self, path: &Path, metadata: &Metadata) -> io::Result<()> {
        let mut header = self.header(metadata, EntryType::Directory);
        // The slash at the end is how older readers tell folders from files.
        let mut name = path.as_os_str().to_owned();
        name.push("/");
        self.tar
            .append_data(&mut header, PathBuf::from(name), io::empty())
    }

    fn add_symlink(&mut self, path: &Path, source: &Path, metadata: &Metadata) -> io::Result<()> {
        let target = std::fs::read_link(source)?;
        let mut header = self.header(metadata, EntryType::Symlink);
        self.tar.append_link(&mut header, path, target)
    }

    fn add_file(&mut self, path: &Path, source: &Path, metadata: &Metadata) -> io::Result<()> {
        if let Some(first) = self.first_name(path, metadata) {
            let mut header = self.header(metadata, EntryType::Link);
            return self.tar.append_link(&mut header, path, first);
        }
        let file = File::open(source)?;
        let mut header = self.header(metadata, EntryType::Regular);
        header.set_size(metadata.len());
        self.tar
            .append_data(&mut header, path, Exactly::new(file, metadata.len()))
    }

    fn header(&self, metadata: &Metadata, kind: EntryType) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(self.mode(metadata));
        header.set_mtime(match self.opts.times {
            Times::At(time) => time,
            Times::Kept => seconds(metadata),
        });
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(0);
        header
    }

    fn mode(&self, metadata: &Metadata) -> u32 {
        let kept = permissions(metadata) & 0o777;
        match self.opts.modes {
            // The bits of a link mean nothing, and differ between systems.
            _ if metadata.is_symlink() => 0o777,
            Modes::Kept => kept,
            Modes::Normal if metadata.is_dir() || kept & 0o111 != 0 => 0o755,
            Modes::Normal => 0o644,
        }
    }

    /// Under which name this file is in the archive already.
    fn first_name(&mut self, path: &Path, metadata: &Metadata) -> Option<PathBuf> {
        let id = identity(metadata)?;
        match self.links.get(&id) {
            Some(first) => Some(first.clone()),
            None => {
                self.links.insert(id, path.to_owned());
                None
            }
        }
    }
}

fn seconds(metadata: &Metadata) -> u64 {
    let modified = metadata.modified().ok();
    modified
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_secs())
}

#[cfg(unix)]
fn permissions(metadata: &Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::mode(metadata)
}

#[cfg(not(unix))]
fn permissions(metadata: &Metadata) -> u32 {
    if metadata.is_dir() { 0o755 } else { 0o644 }
}

/// What tells a file of several names from all others.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;

    (metadata.nlink() > 1).then(|| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_metadata: &Metadata) -> Option<(u64, u64)> {
    None
}

/// A file from which as many bytes come as it had when it was looked at.
struct Exactly {
    file: File,
    left: u64,
}

impl Exactly {
    fn new(file: File, len: u64) -> Self {
        Self { file, left: len }
    }
}

impl Read for Exactly {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.file.read(&mut buf[..len])?;
        if read == 0 && len > 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file became shorter while it was packed",
            ));
        }
        self.left -= read as u64;
        Ok(read)
    }
}
