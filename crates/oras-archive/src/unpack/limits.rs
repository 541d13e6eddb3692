//! How much an archive may have.

use oras_content::{Error, Result};

use super::UnpackOptions;
use crate::Entry;

/// So much may be unpacked from however little.
const FREE_BYTES: u64 = 256 * 1024 * 1024;

pub(super) struct Limits {
    max_entries: u64,
    max_bytes: u64,
    max_ratio: u64,
    entries: u64,
    bytes: u64,
}

impl Limits {
    pub(super) fn new(opts: &UnpackOptions) -> Self {
        Self {
            max_entries: opts.max_entries,
            max_bytes: opts.max_bytes,
            max_ratio: opts.max_ratio,
            entries: 0,
            bytes: 0,
        }
    }

    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    /// Counts an entry, of which nothing was unpacked yet.
    pub(super) fn count(&mut self, entry: &Entry, name: &str) -> Result<()> {
        self.entries += 1;
        if self.entries > self.max_entries {
            let what = format!("the archive of {name:?}");
            return Err(Error::too_many(
                what,
                "files, folders and links",
                self.max_entries,
            ));
        }
        self.check_bytes(self.bytes.saturating_add(entry.size), name)
    }

    /// Counts bytes that came out of the first `packed_len` bytes of the archive.
    pub(super) fn add(&mut self, bytes: u64, packed_len: u64, name: &str) -> Result<()> {
        self.bytes += bytes;
        self.check_bytes(self.bytes, name)?;
        let allowed = packed_len.saturating_mul(self.max_ratio).max(FREE_BYTES);
        if self.bytes <= allowed {
            return Ok(());
        }
        let what = format!(
            "its files are more than {} times as large as the archive, as those are that only fill disks",
            self.max_ratio
        );
        Err(Error::refused(format!("to unpack {name:?}"), what))
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
