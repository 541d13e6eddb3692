//! Unpacking archives into folders.

mod limits;
mod options;
mod path;
#[cfg(unix)]
mod place;
#[cfg(unix)]
mod tree;

pub(crate) use limits::{Limits, check_ratio};
pub use options::UnpackOptions;
pub(crate) use path::{MAX_SHALLOW_LEN, Names};

use std::io::Read;
use std::path::Path;

use oras_content::{Digest, Result};

/// The result of unpacking an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unpacked {
    /// The sha256 digest of the decompressed archive.
    pub tar_digest: Digest,
    /// Number of files, folders and links in the archive.
    pub entries: u64,
}

/// Unpacks `archive`, in which everything is inside a folder called `name`, to the folder `target`.
///
/// Gzip and, with the feature `zstd`, Zstandard are recognised by their first bytes. The archive is first unpacked into
/// a folder next to `target`. Once it is complete and the archive has ended properly, that folder is renamed to
/// `target`. If `target` already exists, each file is renamed into it instead, and files that are not in the archive
/// stay. With [`into_folder`](UnpackOptions::into_folder), `target` must exist, and the temporary folder is inside it.
///
/// Nothing outside `target` is written to, whatever the archive contains and whatever other processes do to the folders
/// meanwhile: names are resolved step by step through open folders, never through links. Setuid, setgid and sticky bits
/// are dropped, and owners are not set. A time of 1970-01-01 counts as unknown.
///
/// # Errors
///
/// - [`ErrorKind::PathTraversal`](oras_content::ErrorKind::PathTraversal): a name or link points outside the folder, or
///   a name leads through a link.
/// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): the archive is damaged, is followed by other data,
///   contains a device or pipe, a name reserved for temporary files, or two names that are the same on this file
///   system; or a file is where a folder belongs, or the other way round.
/// - [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit),
///   [`ErrorKind::TooMany`](oras_content::ErrorKind::TooMany): the archive exceeds a limit.
/// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify): the archive does not match its digest.
/// - [`ErrorKind::WouldOverwrite`](oras_content::ErrorKind::WouldOverwrite): overwriting is disabled, and the folder,
///   or a file in a folder that stays, exists.
/// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): the archive contains sparse files, its
///   compression is not supported by this build, or the system is not Unix.
/// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): the archive cannot be read, or files cannot be written.
pub fn unpack(archive: impl Read, name: &str, target: &Path, opts: &UnpackOptions) -> Result<Unpacked> {
    #[cfg(unix)]
    return unix::unpack(archive, name, target, opts);
    #[cfg(not(unix))]
    {
        let _ = (archive, target, opts);
        let folder =
            oras_content::Error::unsupported(format!("unpacking the folder {name:?} on this system"));
        Err(folder.with_source("keep it packed, and unpack it with tar"))
    }
}

#[cfg(unix)]
mod unix {
    use std::cell::Cell;
    use std::io::{self, Read};
    use std::path::Path;

    use oras_content::{Algorithm, Error, Result, VerifyError};
    use oras_fs::AtomicDir;

    use super::limits::{Bounded, Limits};
    use super::path::{InnerPath, Names};
    use super::place::place;
    use super::tree::Tree;
    use super::{UnpackOptions, Unpacked};
    use crate::compression::decompress;
    use crate::hashing::Hashing;
    use crate::{Entry, EntryKind, Reader};

    pub(super) fn unpack(
        archive: impl Read,
        name: &str,
        target: &Path,
        opts: &UnpackOptions,
    ) -> Result<Unpacked> {
        let shown = opts.shown(target);
        let staged = AtomicDir::create(opts.staging(target)).map_err(|error| {
            let parent = opts.staging(shown);
            Error::storage(parent.display(), error.about(parent))
        })?;
        let mut unpacking = Unpacking {
            name,
            names: Names::new(name, opts.allow_path_traversal),
            limits: Limits::new(opts),
            tree: Tree::open(&staged, opts).map_err(|error| Error::storage(shown.display(), error))?,
            buffer: vec![0; 128 * 1024],
        };
        let unpacked = unpacking.read(archive, opts)?;
        place(staged, unpacking.tree, target, opts)?;
        Ok(unpacked)
    }

    struct Unpacking<'a> {
        name: &'a str,
        names: Names,
        limits: Limits,
        tree: Tree,
        buffer: Vec<u8>,
    }

    impl Unpacking<'_> {
        fn read(&mut self, archive: impl Read, opts: &UnpackOptions) -> Result<Unpacked> {
            let packed_len = Cell::new(0);
            let counted = Counted {
                inner: archive,
                len: &packed_len,
            };
            let name = self.name;
            let damaged = |error| read_error(name, error);
            let algorithm = opts.tar_digest.as_ref().and_then(|digest| digest.algorithm());
            let tar = decompress(counted).map_err(damaged)?;
            let tar = Bounded::new(tar, &packed_len, opts.max_ratio);
            let mut tar = Hashing::new(tar, algorithm.unwrap_or(Algorithm::Sha256));
            let mut reader = Reader::new(&mut tar);
            while let Some(entry) = reader.next_entry().map_err(damaged)? {
                self.limits.count(entry.size, name)?;
                self.add(&entry, &mut reader)?;
                let (names, bytes) = self.tree.names();
                self.limits.check_names(names, bytes, name)?;
            }
            reader.finish().map_err(damaged)?;
            let (_, actual, _) = tar.finish();
            match &opts.tar_digest {
                Some(expected) if *expected != actual => {
                    let expected = expected.clone();
                    let what = format!("the archive of {name:?}, decompressed,");
                    Err(Error::verify(what, VerifyError::Digest { expected, actual }))
                }
                _ => Ok(Unpacked {
                    tar_digest: actual,
                    entries: self.limits.entries(),
                }),
            }
        }

        fn add<R: Read>(&mut self, entry: &Entry, archive: &mut Reader<R>) -> Result<()> {
            let path = self.names.inner(&entry.path);
            match &entry.kind {
                EntryKind::Folder => self.tree.folder(&path?, entry.mode, entry.mtime),
                EntryKind::File => self.add_file(&path?, entry, archive),
                EntryKind::Symlink(link) => {
                    let path = path?;
                    self.names.check_link(&path, link)?;
                    self.tree.symlink(&path, link)
                }
                EntryKind::HardLink(first) => {
                    let first = self.names.inner(first)?;
                    self.tree.hard_link(&path?, &first)
                }
                // The path of other entries is not checked, because it may not be a path, such as a volume label.
                EntryKind::Other(kind) => Err(unknown(&entry.path, *kind)),
            }
        }

        fn add_file<R: Read>(
            &mut self,
            path: &InnerPath,
            entry: &Entry,
            archive: &mut Reader<R>,
        ) -> Result<()> {
            let mut file = self.tree.file(path)?;
            let mut content = archive.content();
            loop {
                match content.read(&mut self.buffer) {
                    Ok(0) => break,
                    Ok(read) => {
                        self.limits.add(read as u64, self.name)?;
                        file.write(&self.buffer[..read])?;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(read_error(self.name, error)),
                }
            }
            file.finish(entry.mode, entry.mtime)
        }
    }

    fn unknown(path: &[u8], kind: u8) -> Error {
        let what = format!(
            "it is a device, pipe or something else of the type {:?}, not a file, folder or link",
            char::from(kind)
        );
        Error::refused(format!("to unpack {:?}", String::from_utf8_lossy(path)), what)
    }

    /// A reader that counts its bytes.
    struct Counted<'a, R> {
        inner: R,
        len: &'a Cell<u64>,
    }

    impl<R: Read> Read for Counted<'_, R> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let read = self.inner.read(buf)?;
            self.len.set(self.len.get() + read as u64);
            Ok(read)
        }
    }

    /// Errors that do not come from the system are the archive's fault.
    fn read_error(name: &str, error: io::Error) -> Error {
        if error.kind() == io::ErrorKind::Unsupported {
            return Error::unsupported(format!("unpacking {name:?}")).with_source(error);
        }
        if error.raw_os_error().is_some() {
            return Error::storage(format!("the archive of {name:?}"), error);
        }
        let what = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the archive is cut short".to_owned(),
            io::ErrorKind::FileTooLarge => error.to_string(),
            _ => format!("the archive is damaged: {error}"),
        };
        Error::refused(format!("to unpack {name:?}"), what)
    }
}
