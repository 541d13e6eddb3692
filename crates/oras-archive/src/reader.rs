//! `Reader`: the entries of a tar archive.

use std::io::{self, Read, Seek, SeekFrom};

use crate::entry::{Entry, EntryKind};
use crate::extended::{Extended, MAX_EXTENDED, sparse};
use crate::header::{BLOCK, Header, cut_short, damaged};

/// Reads the entries of an uncompressed archive: ustar, with the extensions of POSIX (pax) and GNU.
///
/// Contradictory extended headers, and two different sizes of one file, are errors, so that no two tools read the
/// archive differently. Sparse files are not supported.
///
/// Spec: POSIX.1-2017, `pax`, "ustar Interchange Format" and "pax Extended Header".
///
/// ```
/// use oras_archive::Reader;
///
/// # fn main() -> std::io::Result<()> {
/// let empty = [0; 1024];
/// let mut archive = Reader::new(&empty[..]);
/// assert!(archive.next_entry()?.is_none());
/// archive.finish()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Reader<R> {
    archive: R,
    /// Number of bytes read or skipped.
    at: u64,
    /// The offset of the end of the current entry's content.
    data_end: u64,
}

impl<R: Read> Reader<R> {
    /// Reads an archive from the reader's current position.
    pub fn new(archive: R) -> Self {
        Self {
            archive,
            at: 0,
            data_end: 0,
        }
    }

    /// Returns the next entry, or `None` at the end, which some tools do not mark. Skips any unread content of the
    /// current entry.
    ///
    /// # Errors
    ///
    /// - [`io::ErrorKind::InvalidData`]: the archive is damaged.
    /// - [`io::ErrorKind::UnexpectedEof`]: the archive is truncated.
    /// - [`io::ErrorKind::Unsupported`]: the archive contains sparse files.
    /// - Any error of the reader.
    pub fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        self.next_with(|archive, len| skip(archive, len))
    }

    /// Returns a reader of the current entry's unread content.
    pub fn content(&mut self) -> impl Read {
        EntryContent(self)
    }

    /// Reads what follows the end of the archive, which must be all zeros.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidData`] for anything else, and any error of the reader.
    pub fn finish(mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            match self.archive.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) if buffer[..read].iter().all(|byte| *byte == 0) => {}
                Ok(_) => return Err(damaged("something follows the end of the archive")),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn next_with(&mut self, skip: impl Fn(&mut R, u64) -> io::Result<()>) -> io::Result<Option<Entry>> {
        let mut extended = Extended::default();
        let mut is_extended = false;
        loop {
            let next = self.data_end.next_multiple_of(BLOCK);
            skip(&mut self.archive, next - self.at)?;
            self.at = next;
            let Some(header) = self.header()? else {
                return match is_extended {
                    true => Err(damaged("the archive ends after an extended header")),
                    false => Ok(None),
                };
            };
            self.data_end = self.at;
            match header.kind() {
                kind @ (b'x' | b'g' | b'L' | b'K') => {
                    let bytes = self.small(header.size()?)?;
                    extended.add(kind, &bytes)?;
                    is_extended |= kind != b'g';
                }
                b'S' => return Err(sparse()),
                _ => return self.entry(&header, extended).map(Some),
            }
        }
    }

    fn entry(&mut self, header: &Header, extended: Extended) -> io::Result<Entry> {
        let size = match header.kind() {
            // Links, devices and folders have no content, whatever size their header states.
            b'1'..=b'6' => 0,
            _ => extended.size(header.size()?)?,
        };
        let too_far = || damaged("a file is larger than any archive");
        self.data_end = self.at.checked_add(size).ok_or_else(too_far)?;
        if self.data_end > i64::MAX as u64 {
            return Err(too_far());
        }
        let path = extended.path.unwrap_or_else(|| header.path());
        let link = extended.link.unwrap_or_else(|| header.link());
        let kind = EntryKind::new(header.kind(), &path, link);
        if kind == EntryKind::Folder && size > 0 {
            return Err(damaged("a folder has content, which others take for more files"));
        }
        Ok(Entry {
            kind,
            mode: header.mode()?,
            mtime: extended.mtime.unwrap_or_else(|| header.mtime()),
            offset: self.at,
            path,
            size,
        })
    }

    fn header(&mut self) -> io::Result<Option<Header>> {
        let mut block = Vec::new();
        let read = self.read_up_to(BLOCK, &mut block)?;
        if read == 0 && self.at > 0 {
            return Ok(None);
        }
        match block.try_into() {
            Ok(block) => Header::parse(block),
            Err(_) => Err(cut_short()),
        }
    }

    /// Reads the content of an extended header.
    fn small(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > MAX_EXTENDED {
            return Err(damaged("an extended header is larger than 1 MiB"));
        }
        let mut bytes = Vec::new();
        self.data_end = self.at + size;
        match self.read_up_to(size, &mut bytes)? == size {
            true => Ok(bytes),
            false => Err(cut_short()),
        }
    }

    fn read_up_to(&mut self, len: u64, bytes: &mut Vec<u8>) -> io::Result<u64> {
        let read = (&mut self.archive).take(len).read_to_end(bytes)? as u64;
        self.at += read;
        Ok(read)
    }
}

impl<R: Read + Seek> Reader<R> {
    /// Like [`next_entry`](Self::next_entry), but seeks over unread content instead of reading it.
    ///
    /// # Errors
    ///
    /// As for `next_entry`. A truncated archive is only detected if a header is missing.
    pub fn seek_entry(&mut self) -> io::Result<Option<Entry>> {
        self.next_with(|archive, len| match i64::try_from(len) {
            Ok(0) => Ok(()),
            Ok(len) => archive.seek(SeekFrom::Current(len)).map(drop),
            Err(_) => Err(damaged("a file is larger than any archive")),
        })
    }
}

fn skip(archive: &mut impl Read, len: u64) -> io::Result<()> {
    match io::copy(&mut archive.take(len), &mut io::sink())? == len {
        true => Ok(()),
        false => Err(cut_short()),
    }
}

struct EntryContent<'a, R>(&'a mut Reader<R>);

impl<R: Read> Read for EntryContent<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.0.data_end - self.0.at;
        let len = buf.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if len == 0 {
            return Ok(0);
        }
        let read = self.0.archive.read(&mut buf[..len])?;
        if read == 0 {
            return Err(cut_short());
        }
        self.0.at += read as u64;
        Ok(read)
    }
}
