//! The table of contents of a tar archive.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

const BLOCK: u64 = 512;
/// The largest extended header that is read, in bytes.
const MAX_EXTENDED: u64 = 1024 * 1024;
/// The most files that an archive may have.
const MAX_FILES: usize = 1_000_000;

/// Where the regular files of an archive are, by their cleaned names. Of two files of one name, the last counts.
pub(super) type Files = HashMap<String, Range<u64>>;

/// Reads the headers of an uncompressed archive: ustar, with the extensions of POSIX (pax) and GNU.
pub(super) fn read(file: File) -> io::Result<Files> {
    let end = file.metadata()?.len();
    let mut archive = BufReader::new(file);
    let mut files = Files::new();
    let mut extended = Extended::default();
    let mut at = 0;
    while let Some(header) = next_header(&mut archive, at, end)? {
        let kind = header[156];
        let is_file = matches!(kind, b'0' | b'7' | 0);
        let size = match kind {
            _ if is_file => extended.size_of(number(&header[124..136])?)?,
            // Links, devices and folders have no data, whatever their size says.
            b'1'..=b'6' => 0,
            _ => number(&header[124..136])?,
        };
        let data = at + BLOCK..(at + BLOCK).checked_add(size).ok_or_else(damaged)?;
        if data.end > end {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the archive is cut short",
            ));
        }
        match kind {
            b'x' | b'L' => extended.read(kind, &mut archive, size)?,
            b'g' | b'K' => {}
            _ => {
                let name = std::mem::take(&mut extended)
                    .path
                    .unwrap_or_else(|| name_of(&header));
                if is_file {
                    files.insert(clean(&name), data.clone());
                }
                if files.len() > MAX_FILES {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "more than a million files",
                    ));
                }
            }
        }
        at = data.end.next_multiple_of(BLOCK);
        archive.seek(SeekFrom::Start(at))?;
    }
    Ok(files)
}

/// The header at the current place; none at the end, which some tools do not mark.
fn next_header(archive: &mut impl Read, at: u64, end: u64) -> io::Result<Option<[u8; BLOCK as usize]>> {
    if at > 0 && at >= end {
        return Ok(None);
    }
    let mut header = [0; BLOCK as usize];
    archive.read_exact(&mut header)?;
    if header == [0; BLOCK as usize] {
        return Ok(None);
    }
    let plain: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    let of_field: u64 = header[148..156].iter().map(|byte| u64::from(*byte)).sum();
    if number(&header[148..156])? != plain - of_field + 8 * u64::from(b' ') {
        return Err(damaged());
    }
    Ok(Some(header))
}

/// What extended headers say about the file that follows.
#[derive(Default)]
struct Extended {
    path: Option<String>,
    size: Option<u64>,
}

impl Extended {
    fn read(&mut self, kind: u8, archive: &mut impl Read, size: u64) -> io::Result<()> {
        if size > MAX_EXTENDED {
            return Err(damaged());
        }
        let mut bytes = Vec::new();
        archive.take(size).read_to_end(&mut bytes)?;
        if kind == b'L' {
            self.path = Some(text(&bytes));
            return Ok(());
        }
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let record = record(rest).ok_or_else(damaged)?;
            rest = record.rest;
            match record.key {
                b"path" => self.path = Some(text(record.value)),
                b"size" => self.size = Some(text(record.value).parse().map_err(|_| damaged())?),
                _ => {}
            }
        }
        Ok(())
    }

    /// The size of the file: two tools must not see two archives, so it is said once or twice the same.
    fn size_of(&self, plain: u64) -> io::Result<u64> {
        match self.size {
            Some(size) if plain != 0 && plain != size => Err(damaged()),
            size => Ok(size.unwrap_or(plain)),
        }
    }
}

/// A `length key=value` record, and what follows it.
struct Record<'a> {
    key: &'a [u8],
    value: &'a [u8],
    rest: &'a [u8],
}

fn record(bytes: &[u8]) -> Option<Record<'_>> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let len: usize = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let (record, rest) = bytes.split_at_checked(len)?;
    let record = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (&record[..equals], &record[equals + 1..]);
    Some(Record { key, value, rest })
}

fn name_of(header: &[u8]) -> String {
    let name = text(&header[..100]);
    let prefix = text(&header[345..500]);
    match header[257..263] == *b"ustar\0" && !prefix.is_empty() {
        true => format!("{prefix}/{name}"),
        false => name,
    }
}

fn clean(name: &str) -> String {
    let parts: Vec<_> = name
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    parts.join("/")
}

/// A field up to its first NUL.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

/// A number in octal digits or, where it is too large for them, in binary.
fn number(field: &[u8]) -> io::Result<u64> {
    if field[0] == 0x80 {
        let (high, low) = field.split_at(field.len() - 8);
        let low = u64::from_be_bytes(low.try_into().map_err(|_| damaged())?);
        return match high.iter().skip(1).all(|byte| *byte == 0) && low <= i64::MAX as u64 {
            true => Ok(low),
            false => Err(damaged()),
        };
    }
    let text = text(field);
    match text.trim_matches(' ') {
        "" => Ok(0),
        digits => u64::from_str_radix(digits, 8).map_err(|_| damaged()),
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the archive is damaged")
}
