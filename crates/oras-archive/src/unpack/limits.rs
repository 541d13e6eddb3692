//! Limits on the content of an archive.

use std::cell::Cell;
use std::io::{self, Read};

use oras_content::{Error, Result};

use super::UnpackOptions;

/// Size up to which the compression ratio is not checked.
const RATIO_EXEMPT_BYTES: u64 = 256 * 1024 * 1024;

pub(crate) struct Limits {
    max_entries: u64,
    max_bytes: u64,
    max_name_bytes: u64,
    entries: u64,
    bytes: u64,
}

impl Limits {
    pub(crate) fn new(opts: &UnpackOptions) -> Self {
        Self {
            max_entries: opts.max_entries,
            max_bytes: opts.max_bytes,
            max_name_bytes: opts.max_name_bytes,
            entries: 0,
            bytes: 0,
        }
    }

    pub(crate) fn entries(&self) -> u64 {
        self.entries
    }

    /// Counts an entry of `size` bytes before it is unpacked.
    pub(crate) fn count(&mut self, size: u64, name: &str) -> Result<()> {
        self.entries += 1;
        self.check_entries(self.entries, name)?;
        self.check_bytes(self.bytes.saturating_add(size), name)
    }

    /// Counts bytes that were unpacked.
    pub(crate) fn add(&mut self, bytes: u64, name: &str) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        self.check_bytes(self.bytes, name)
    }

    /// Checks the number and the total size of the names created so far.
    pub(crate) fn check_names(&self, names: u64, bytes: u64, name: &str) -> Result<()> {
        self.check_entries(names, name)?;
        match bytes > self.max_name_bytes {
            true => Err(too_many("bytes of names", self.max_name_bytes, name)),
            false => Ok(()),
        }
    }

    fn check_entries(&self, entries: u64, name: &str) -> Result<()> {
        match entries > self.max_entries {
            true => Err(too_many("files, folders and links", self.max_entries, name)),
            false => Ok(()),
        }
    }

    fn check_bytes(&self, bytes: u64, name: &str) -> Result<()> {
        match bytes > self.max_bytes {
            true => Err(Error::size_exceeds_limit(
                format!("the folder {name:?}"),
                self.max_bytes,
            )),
            false => Ok(()),
        }
    }
}

fn too_many(unit: &'static str, limit: u64, name: &str) -> Error {
    Error::too_many(format!("the archive of {name:?}"), unit, limit)
}

/// Checks the compression ratio of an archive of `len` bytes that has `packed_len` bytes compressed.
pub(crate) fn check_ratio(len: u64, packed_len: u64, max_ratio: u64) -> Result<(), String> {
    match len <= packed_len.saturating_mul(max_ratio).max(RATIO_EXEMPT_BYTES) {
        true => Ok(()),
        false => Err(format!(
            "it is more than {max_ratio} times as large as its compressed form, as those are that only fill disks"
        )),
    }
}

/// A decompressed archive, limited by the compression ratio. Headers and padding count too: endless headers or zeros
/// fill no disk, but keep the reader busy forever.
pub(super) struct Bounded<'a, R> {
    archive: R,
    len: u64,
    packed_len: &'a Cell<u64>,
    max_ratio: u64,
}

impl<'a, R> Bounded<'a, R> {
    /// Wraps `archive`; `packed_len` is the number of compressed bytes read so far.
    pub(super) fn new(archive: R, packed_len: &'a Cell<u64>, max_ratio: u64) -> Self {
        Self {
            archive,
            len: 0,
            packed_len,
            max_ratio,
        }
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.archive.read(buf)?;
        self.len += read as u64;
        check_ratio(self.len, self.packed_len.get(), self.max_ratio)
            .map_err(|reason| io::Error::new(io::ErrorKind::FileTooLarge, reason))?;
        Ok(read)
    }
}
