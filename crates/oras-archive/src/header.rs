//! A header block of a tar archive: ustar, with GNU numbers.

use std::io;

pub(crate) const BLOCK: u64 = 512;

/// A header with a valid checksum.
pub(crate) struct Header([u8; BLOCK as usize]);

impl Header {
    /// Validates a block. Returns `None` if it is all zeros, which marks the end.
    pub(crate) fn parse(block: [u8; BLOCK as usize]) -> io::Result<Option<Self>> {
        if block == [0; BLOCK as usize] {
            return Ok(None);
        }
        let plain: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        let of_field: u64 = block[148..156].iter().map(|byte| u64::from(*byte)).sum();
        if number(&block[148..156])? != plain - of_field + 8 * u64::from(b' ') {
            return Err(damaged("a header has a wrong checksum"));
        }
        Ok(Some(Self(block)))
    }

    pub(crate) fn kind(&self) -> u8 {
        self.0[156]
    }

    pub(crate) fn size(&self) -> io::Result<u64> {
        number(&self.0[124..136])
    }

    pub(crate) fn mode(&self) -> io::Result<u32> {
        // Some archives store the file type in the upper bits.
        Ok((number(&self.0[100..108])? & 0o7777) as u32)
    }

    /// The modification time in seconds since 1970, or 0 for earlier times.
    pub(crate) fn mtime(&self) -> u64 {
        number(&self.0[136..148]).unwrap_or(0)
    }

    pub(crate) fn link(&self) -> Vec<u8> {
        text(&self.0[157..257])
    }

    pub(crate) fn path(&self) -> Vec<u8> {
        let (name, prefix) = (text(&self.0[..100]), text(&self.0[345..500]));
        match self.0[257..263] == *b"ustar\0" && !prefix.is_empty() {
            true => [prefix, name].join(&b'/'),
            false => name,
        }
    }
}

pub(crate) fn damaged(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

pub(crate) fn cut_short() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the archive is cut short")
}

/// Returns a field up to its first NUL.
pub(crate) fn text(field: &[u8]) -> Vec<u8> {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    field[..end].to_vec()
}

/// Parses a number in octal digits or, if it is too large for them, in binary.
fn number(field: &[u8]) -> io::Result<u64> {
    let wrong = || damaged("a header has a number that cannot be read");
    if field[0] == 0x80 {
        let (high, low) = field.split_at(field.len().saturating_sub(8));
        let low = u64::from_be_bytes(low.try_into().map_err(|_| wrong())?);
        return match high.iter().skip(1).all(|byte| *byte == 0) && low <= i64::MAX as u64 {
            true => Ok(low),
            false => Err(wrong()),
        };
    }
    let text = text(field);
    let text = std::str::from_utf8(&text).map_err(|_| wrong())?;
    match text.trim_matches(' ') {
        "" => Ok(0),
        // Signs are rejected: early GNU tar archives use them for base-64 numbers.
        digits if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            u64::from_str_radix(digits, 8).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}
