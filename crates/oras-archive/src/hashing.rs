//! Readers and writers that hash and count the bytes passing through.

use std::fmt;
use std::io::{self, Read, Write};

use oras_content::{Algorithm, Digest, Hasher};

use crate::compression::Compressor;

/// A reader or writer that hashes its bytes.
pub(crate) struct Hashing<T> {
    inner: T,
    hasher: Hasher,
    len: u64,
}

impl<T> Hashing<T> {
    pub(crate) fn new(inner: T, algorithm: Algorithm) -> Self {
        Self {
            inner,
            hasher: Hasher::new(algorithm),
            len: 0,
        }
    }

    pub(crate) fn finish(self) -> (T, Digest, u64) {
        (self.inner, self.hasher.finish(), self.len)
    }

    fn add(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.len += bytes.len() as u64;
    }
}

impl<W: Write> Hashing<Compressor<W>> {
    /// Hashes a complete block and passes it on to be compressed.
    pub(crate) fn push(&mut self, block: Vec<u8>) -> io::Result<()> {
        self.add(&block);
        self.inner.push(block)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.add(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buf)?;
        self.add(&buf[..read]);
        Ok(read)
    }
}

impl<T> fmt::Debug for Hashing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hashing")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}
