//! Writes the files found in a folder as archive entries.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use oras_content::{Error, Result};
use tar::{Builder, EntryType, Header};

use super::blocks::Blocks;
use super::inner_name;
use super::options::{Modes, PackOptions, Times};
use super::walk::{Found, Walk};
use crate::unpack::{Limits, MAX_SHALLOW_LEN, Names, UnpackOptions, check_ratio};
use crate::writing::padding;

/// Upper bound on the number of refusals listed.
const MAX_REFUSALS: usize = 100;

/// What unpacking will check about the packed files.
pub(super) struct Contents {
    name: String,
    refused: Vec<Error>,
    limits: Limits,
    /// The first limit exceeded.
    over: Option<Error>,
}

impl Contents {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            refused: Vec::new(),
            limits: Limits::new(&UnpackOptions::default()),
            over: None,
        }
    }

    fn add(&mut self, size: u64, checked: Result<()>) {
        let counted = self.limits.count(size, &self.name);
        let counted = counted.and_then(|()| self.limits.add(size, &self.name));
        self.over = self.over.take().or(counted.err());
        if let Err(error) = checked
            && self.refused.len() < MAX_REFUSALS
        {
            self.refused.push(error);
        }
    }

    /// Returns what is not unpacked by default, for an archive of `tar_size` bytes that is `size` bytes compressed.
    pub(super) fn refusals(mut self, tar_size: u64, size: u64) -> Vec<Error> {
        let checked = check_ratio(tar_size, size, UnpackOptions::default().max_ratio);
        let refused = |reason| Error::refused(format!("to unpack {:?}", self.name), reason);
        self.refused.extend(checked.map_err(refused).err());
        self.refused.extend(self.over);
        self.refused
    }
}

pub(super) struct Packer<'a> {
    dir: &'a Path,
    name: PathBuf,
    opts: &'a PackOptions,
    tar: Builder<Blocks>,
    /// First names of files with several names, by device and inode.
    links: HashMap<(u64, u64), PathBuf>,
    names: Names,
    contents: Contents,
}

impl<'a> Packer<'a> {
    pub(super) fn new(dir: &'a Path, name: &str, opts: &'a PackOptions, out: Blocks) -> Self {
        Self {
            dir,
            name: inner_name(name),
            opts,
            tar: Builder::new(out),
            links: HashMap::new(),
            names: Names::new(name, false),
            contents: Contents::new(name),
        }
    }

    pub(super) fn run(mut self) -> Result<Contents> {
        for found in Walk::new(self.dir) {
            self.add(&found?)?;
        }
        let ended = self.tar.into_inner().and_then(Blocks::finish);
        let what = || format!("an archive of {}", self.dir.display());
        ended.map_err(|error| Error::storage(what(), error))?;
        Ok(self.contents)
    }

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
        self.check(path, None, 0);
        let mut header = self.header(metadata, EntryType::Directory);
        // Older readers recognise folders by the trailing slash.
        let mut name = match path.as_os_str().is_empty() {
            true => OsString::from("."),
            false => path.as_os_str().to_owned(),
        };
        name.push("/");
        self.tar
            .append_data(&mut header, PathBuf::from(name), io::empty())
    }

    fn add_symlink(&mut self, path: &Path, source: &Path, metadata: &Metadata) -> io::Result<()> {
        let target = std::fs::read_link(source)?;
        self.check(path, Some(&target), 0);
        let mut header = self.header(metadata, EntryType::Symlink);
        self.tar.append_link(&mut header, path, target)
    }

    fn add_file(&mut self, path: &Path, source: &Path, metadata: &Metadata) -> io::Result<()> {
        if let Some(first) = self.first_name(path, metadata) {
            self.check(path, None, 0);
            let mut header = self.header(metadata, EntryType::Link);
            return self.tar.append_link(&mut header, path, first);
        }
        let (file, size) = (open(source)?, metadata.len());
        self.check(path, None, size);
        let mut header = self.header(metadata, EntryType::Regular);
        header.set_size(size);
        self.tar.append_data(&mut header, path, io::empty())?;
        let blocks = self.tar.get_mut();
        blocks.fill(file, size)?;
        io::Write::write_all(blocks, padding(size))
    }

    /// Records whether unpacking would accept this entry.
    fn check(&mut self, path: &Path, target: Option<&Path>, size: u64) {
        let path = path.as_os_str().as_encoded_bytes();
        if target.is_none() && path.len() <= MAX_SHALLOW_LEN {
            return self.contents.add(size, Ok(()));
        }
        let path = self.names.inner(path);
        let checked = path.and_then(|path| match target {
            Some(target) => self
                .names
                .check_link(&path, target.as_os_str().as_encoded_bytes()),
            None => Ok(()),
        });
        self.contents.add(size, checked);
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
            // Permission bits of links are meaningless and differ between systems.
            _ if metadata.is_symlink() => 0o777,
            Modes::Kept => kept,
            Modes::Normal if metadata.is_dir() || kept & 0o111 != 0 => 0o755,
            Modes::Normal => 0o644,
        }
    }

    /// Returns the name under which this file is already in the archive.
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

/// Opens a file that was found. If it has been replaced by a link or a pipe meanwhile, does not follow it or block.
#[cfg(unix)]
fn open(source: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;

    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    OpenOptions::new()
        .read(true)
        .custom_flags(flags as _)
        .open(source)
}

#[cfg(not(unix))]
fn open(source: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(source)
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

/// Identifies a file that has several names.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;

    (metadata.nlink() > 1).then(|| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_metadata: &Metadata) -> Option<(u64, u64)> {
    None
}
