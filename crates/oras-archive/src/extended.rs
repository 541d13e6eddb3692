//! Extended headers, as defined by POSIX (pax) and GNU.

use std::io;
use std::str::FromStr;

use crate::header::{damaged, text};

/// Upper bound on the size of an extended header, in bytes.
pub(crate) const MAX_EXTENDED: u64 = 1024 * 1024;

/// The fields that extended headers set for the next file.
///
/// Repeated paths, links and sizes must agree, so that two tools cannot read an archive differently.
#[derive(Default)]
pub(crate) struct Extended {
    pub(crate) path: Option<Vec<u8>>,
    pub(crate) link: Option<Vec<u8>>,
    pub(crate) mtime: Option<u64>,
    size: Option<u64>,
}

impl Extended {
    /// Adds an extended header of `kind`: `x` or `g` (pax), `L` or `K` (GNU).
    pub(crate) fn add(&mut self, kind: u8, bytes: &[u8]) -> io::Result<()> {
        match kind {
            b'L' => set(&mut self.path, text(bytes)),
            b'K' => set(&mut self.link, text(bytes)),
            b'x' => self.add_records(bytes),
            _ => check_global(bytes),
        }
    }

    fn add_records(&mut self, mut rest: &[u8]) -> io::Result<()> {
        while let Some(record) = Record::first(rest)? {
            rest = record.rest;
            match record.key {
                b"path" => set(&mut self.path, record.path()?)?,
                b"linkpath" => set(&mut self.link, record.path()?)?,
                b"size" => set(&mut self.size, record.number()?)?,
                b"mtime" => self.mtime = record.seconds(),
                key if key.starts_with(b"GNU.sparse.") => return Err(sparse()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns the size of the file, given the size in its header.
    pub(crate) fn size(&self, plain: u64) -> io::Result<u64> {
        match self.size {
            Some(size) if plain != 0 && plain != size => Err(damaged("a file has two sizes")),
            size => Ok(size.unwrap_or(plain)),
        }
    }
}

/// Checks a global header. Git writes a comment into it. A global path, link or size would make no sense; some tools
/// obey it and some do not.
fn check_global(mut rest: &[u8]) -> io::Result<()> {
    while let Some(record) = Record::first(rest)? {
        rest = record.rest;
        match record.key {
            b"path" | b"linkpath" | b"size" => {
                return Err(damaged("a global header has a path, link or size"));
            }
            key if key.starts_with(b"GNU.sparse.") => return Err(sparse()),
            _ => {}
        }
    }
    Ok(())
}

fn set<T: PartialEq>(place: &mut Option<T>, value: T) -> io::Result<()> {
    match place {
        Some(old) if *old != value => Err(damaged("a file has two names or sizes")),
        _ => {
            *place = Some(value);
            Ok(())
        }
    }
}

pub(crate) fn sparse() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "the archive has sparse files")
}

/// A `length key=value` record, and the bytes after it.
struct Record<'a> {
    key: &'a [u8],
    value: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Record<'a> {
    fn first(bytes: &'a [u8]) -> io::Result<Option<Self>> {
        if bytes.is_empty() {
            return Ok(None);
        }
        match Self::split(bytes) {
            Some(record) => Ok(Some(record)),
            None => Err(damaged("an extended header cannot be read")),
        }
    }

    fn split(bytes: &'a [u8]) -> Option<Self> {
        let space = bytes.iter().position(|byte| *byte == b' ')?;
        let len: usize = digits(&bytes[..space])?;
        let (record, rest) = bytes.split_at_checked(len)?;
        let record = record.get(space + 1..)?.strip_suffix(b"\n")?;
        let equals = record.iter().position(|byte| *byte == b'=')?;
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        Some(Record { key, value, rest })
    }

    fn path(&self) -> io::Result<Vec<u8>> {
        match self.value.contains(&0) {
            true => Err(damaged("a name has a zero byte")),
            false => Ok(self.value.to_vec()),
        }
    }

    fn number(&self) -> io::Result<u64> {
        digits(self.value).ok_or_else(|| damaged("an extended header has a size that cannot be read"))
    }

    /// Parses whole seconds since 1970.
    fn seconds(&self) -> Option<u64> {
        let whole = self.value.split(|byte| *byte == b'.').next()?;
        digits(whole)
    }
}

/// Parses a number of digits only, without a sign.
fn digits<T: FromStr>(text: &[u8]) -> Option<T> {
    match text.iter().all(u8::is_ascii_digit) {
        true => std::str::from_utf8(text).ok()?.parse().ok(),
        false => None,
    }
}
