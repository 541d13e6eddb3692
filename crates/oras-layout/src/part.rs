//! A part: a temporary file that is hashed while it is written, and becomes a blob.

use std::io::{self, Read, Seek, SeekFrom, Write};

use bytes::Bytes;
use oras_content::{
    Algorithm, Descriptor, Error, Hasher, MAX_MANIFEST_BYTES, Pushed, Result, Verified, VerifyError,
};
use oras_fs::AtomicFile;

use crate::blobs::Status;
use crate::destination::Destination;

/// The temporary file that becomes a blob.
pub(crate) struct Part {
    pub(crate) file: AtomicFile,
    /// The hash of the bytes written in order from the start. `None` while it is lent.
    hasher: Option<Hasher>,
    /// The offset of the next byte in order.
    at: u64,
    /// Whether bytes arrived out of order, so that the file must be hashed once it is complete.
    is_scattered: bool,
}

/// The state of the hash of the first bytes of a part.
pub(crate) struct Saved {
    at: u64,
    state: Vec<u8>,
}

impl Part {
    pub(crate) fn new(file: AtomicFile, hasher: Hasher, at: u64) -> Self {
        Self {
            file,
            hasher: Some(hasher),
            at,
            is_scattered: false,
        }
    }

    /// Lends the hasher, to hash the next bytes while they are written. `None` if bytes arrived out of order.
    pub(crate) fn lend_hasher(&mut self) -> Option<Hasher> {
        self.hasher.take_if(|_| !self.is_scattered)
    }

    /// Takes back the hasher, which has hashed everything written since it was lent.
    pub(crate) fn take_back(&mut self, hasher: Hasher) {
        self.hasher = Some(hasher);
    }

    pub(crate) fn write(&mut self, batch: &[(u64, Bytes)]) -> Result<()> {
        for (offset, frame) in batch {
            let written = self.write_frame(*offset, frame);
            written.map_err(|error| Error::storage(self.file.path().display(), error))?;
        }
        self.file.mark_written();
        Ok(())
    }

    /// The state of the hash to save, if enough bytes were written since the last one.
    pub(crate) fn to_save(&self) -> Option<Saved> {
        let hasher = self.hasher.as_ref().filter(|_| !self.is_scattered)?;
        let is_due = self.file.wants_state(self.at);
        let state = is_due.then(|| hasher.save()).flatten()?;
        Some(Saved { at: self.at, state })
    }

    /// Saves a state for the next run. If that fails, the part is of no use and is removed.
    pub(crate) fn save(&mut self, saved: &Saved) -> Result<()> {
        let done = self.file.save_state(saved.at, &saved.state);
        done.map_err(|error| {
            self.file.remove_on_drop();
            Error::storage(self.file.path().display(), error)
        })
    }

    fn write_frame(&mut self, offset: u64, frame: &Bytes) -> io::Result<()> {
        if offset != self.at {
            self.is_scattered = true;
            self.file.file().seek(SeekFrom::Start(offset))?;
        }
        if let Some(hasher) = self.hasher.as_mut().filter(|_| !self.is_scattered) {
            hasher.update(frame);
        }
        self.file.write_all(frame)?;
        self.at = offset + frame.len() as u64;
        Ok(())
    }

    pub(crate) fn commit(
        mut self,
        to: &dyn Destination,
        expected: &Descriptor,
        force: bool,
    ) -> Result<Pushed> {
        self.verify(expected)?;
        if !force && to.blobs().status(expected)? == Status::Present && to.rely(expected)? {
            return Ok(Pushed::Present);
        }
        to.store_part(self, expected)?;
        Ok(Pushed::Stored)
    }

    fn verify(&mut self, expected: &Descriptor) -> Result<()> {
        let fail = |source| Error::verify(&expected.digest, source);
        let algorithm = expected.digest.algorithm().ok_or_else(|| {
            fail(VerifyError::Algorithm {
                digest: expected.digest.clone(),
            })
        })?;
        let actual = match self.hasher.take().map(Hasher::finish) {
            Some(actual) if !self.is_scattered && actual.algorithm() == Some(algorithm) => actual,
            _ => hash(&mut self.file, Hasher::new(algorithm))?.finish(),
        };
        if actual != expected.digest {
            return Err(fail(VerifyError::Digest {
                expected: expected.digest.clone(),
                actual,
            }));
        }
        Ok(())
    }

    /// Reads back the manifest of `expected`, which was written to this part.
    pub(crate) fn read_back(&mut self, expected: &Descriptor) -> Result<Verified> {
        if expected.size > MAX_MANIFEST_BYTES {
            return Err(Error::size_exceeds_limit(
                expected.digest.to_string(),
                MAX_MANIFEST_BYTES,
            ));
        }
        let mut bytes = Vec::new();
        let file = self.file.file();
        file.rewind()
            .and_then(|()| file.read_to_end(&mut bytes))
            .map_err(|error| Error::storage(&expected.digest, error))?;
        Verified::new(expected.clone(), bytes.into())
            .map_err(|source| Error::verify(&expected.digest, source))
    }
}

/// Hashes what an earlier run wrote, starting from its saved state if there is one.
pub(crate) fn hash_found(file: &mut AtomicFile, algorithm: Algorithm) -> Result<Hasher> {
    let saved = file.saved_state().and_then(|saved| {
        let hasher = Hasher::restore(algorithm, &saved.bytes)?;
        (hasher.seen() == saved.offset).then_some(hasher)
    });
    hash(file, saved.unwrap_or_else(|| Hasher::new(algorithm)))
}

/// Hashes the file from where `hasher` is: after an earlier run, writes out of order, or another algorithm than
/// expected.
fn hash(file: &mut AtomicFile, hasher: Hasher) -> Result<Hasher> {
    let what = file.path().display().to_string();
    hash_rest(file.file(), hasher).map_err(|error| Error::storage(&what, error))
}

/// Hashes the bytes after those that the hasher has seen.
fn hash_rest(file: &mut (impl Read + Seek), mut hasher: Hasher) -> io::Result<Hasher> {
    let mut buffer = vec![0; 64 * 1024];
    file.seek(SeekFrom::Start(hasher.seen()))?;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher),
            read => hasher.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A file that counts the bytes read from it.
    struct Counted(io::Cursor<Vec<u8>>, u64);

    impl Read for Counted {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read(buf)?;
            self.1 += read as u64;
            Ok(read)
        }
    }

    impl Seek for Counted {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn only_what_comes_after_a_state_is_read() {
        let bytes = vec![7; 300_000];
        for known in [0, 1, 65_536, 299_999, 300_000] {
            let mut hasher = Hasher::new(Algorithm::Sha256);
            hasher.update(&bytes[..known]);
            let mut file = Counted(io::Cursor::new(bytes.clone()), 0);
            let hasher = hash_rest(&mut file, hasher).unwrap();
            assert_eq!(hasher.seen(), 300_000);
            assert_eq!(hasher.finish(), Algorithm::Sha256.digest(&bytes));
            assert_eq!(file.1, 300_000 - known as u64);
        }
    }
}
