//! An archive into a folder.

mod limits;
mod options;
mod path;
#[cfg(unix)]
mod place;
#[cfg(unix)]
mod tree;

pub(crate) use limits::{Limits, check_ratio};
pub use options::UnpackOptions;
pub(crate) use path::{NEVER_TOO_DEEP, Names};

use std::io::Read;
use std::path::Path;

use oras_content::{Digest, Result};

/// What was unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unpacked {
    /// The sha256 digest of the archive after it was decompressed.
    pub tar_digest: Digest,
    /// How many files, folders and links there are in it.
    pub entries: u64,
}

/// Unpacks `archive`, in which everything is below the folder `name`, to the folder `target`.
///
/// Gzip and, with the feature `zstd`, Zstandard are found by how they start. Everything is unpacked into a folder
/// beside `target` first. When all of it is there and the archive ended well, that folder is renamed to `target`, or,
/// where there is one already, each file in it is renamed into that; what the archive does not have stays. With
/// [`into_folder`](UnpackOptions::into_folder) the target is there, and the other folder is within it.
///
/// Nothing outside of `target` is written to, whatever the archive has and whatever other programs do with the folders
/// meanwhile: names are followed step by step through open folders, and links never. Set-user-ID and the like are
/// dropped, owners are not set. A time of 1970-01-01 is taken for none.
///
/// # Errors
///
/// - [`ErrorKind::PathTraversal`](oras_content::ErrorKind::PathTraversal): a name or a link leads out of the folder, or a
///   name leads through a link.
/// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): the archive is damaged, has something after its end, has a
///   device or pipe, a name that is reserved for temporary files, or two names that are one here; or there is a file where a folder belongs, or the other way round.
/// - [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit),
///   [`ErrorKind::TooMany`](oras_content::ErrorKind::TooMany): it is over a limit.
/// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify): it is not of the digest it should be.
/// - [`ErrorKind::WouldOverwrite`](oras_content::ErrorKind::WouldOverwrite): the folder is there, or a file in one that
///   stays, and overwriting is off.
/// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): it has sparse files, or a compression that this
///   program cannot read; or the system is no Unix.
/// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): the archive cannot be read, or files not written.
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
                // What is no file may have a name of another kind, such as the label of a volume.
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

    /// A reader whose bytes are counted.
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

    /// Whatever the system does not report is a fault of the archive.
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
