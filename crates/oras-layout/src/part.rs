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
    /// Of what was written from start to end; none while it is lent.
    hasher: Option<Hasher>,
    /// Where the next byte goes, unless it says otherwise.
    at: u64,
    /// Bytes came out of order, so that the file is hashed once it is complete.
    is_scattered: bool,
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

    /// Lends the hasher, to hash the next bytes while they are written; none where the order of the bytes forbids it.
    pub(crate) fn lend_hasher(&mut self) -> Option<Hasher> {
        self.hasher.take_if(|_| !self.is_scattered)
    }

    /// Takes back the hasher, which saw all that was written since it was lent.
    pub(crate) fn take_back(&mut self, hasher: Hasher) {
        self.hasher = Some(hasher);
    }

    pub(crate) fn write(&mut self, batch: &[(u64, Bytes)]) -> Result<()> {
        for (offset, frame) in batch {
            let written = self.write_frame(*offset, frame);
            written.map_err(|error| Error::storage(self.file.path().display(), error))?;
        }
        Ok(())
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
            _ => hash(&mut self.file, algorithm)?.0.finish(),
        };
        if actual != expected.digest {
            return Err(fail(VerifyError::Digest {
                expected: expected.digest.clone(),
                actual,
            }));
        }
        Ok(())
    }

    /// Reads the manifest of `expected` back, which was written here.
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

/// Hashes what was written, and counts it: by another algorithm than the one that was guessed, by an earlier run, or out
/// of order.
pub(crate) fn hash(file: &mut AtomicFile, algorithm: Algorithm) -> Result<(Hasher, u64)> {
    let mut len = 0;
    let mut hasher = Hasher::new(algorithm);
    let mut buffer = vec![0; 64 * 1024];
    let what = file.path().display().to_string();
    let fail = |error| Error::storage(&what, error);
    let file = file.file();
    file.rewind().map_err(fail)?;
    loop {
        match file.read(&mut buffer).map_err(fail)? {
            0 => return Ok((hasher, len)),
            read => {
                hasher.update(&buffer[..read]);
                len += read as u64;
            }
        }
    }
}
