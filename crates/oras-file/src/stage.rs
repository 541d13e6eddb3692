//! Staging: content that arrives incrementally, before its title is known.

use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use oras_content::{
    ByteRanges, Descriptor, Error, Payload, Pushed, Result, StageOptions, Staged, Stager, Verifier,
    VerifyError,
};
use oras_fs::AtomicFile;

use crate::FileStore;
use crate::reader::{blocking, verify};
use crate::source::FileSource;
use crate::title::Title;

/// Stages content in a temporary file in the store's folder, which becomes the file of its title. Content without a
/// title goes to the fallback. Nothing is kept for the next run.
#[async_trait]
impl Stager for FileStore {
    async fn stage(&self, opts: StageOptions) -> Result<Box<dyn Staged>> {
        if opts.key.is_some() {
            return Err(Error::unsupported(format!(
                "keeping unfinished content in {self}"
            )));
        }
        Ok(Box::new(FileStaged {
            store: self.clone(),
            file: None,
            there: ByteRanges::default(),
        }))
    }
}

struct FileStaged {
    store: FileStore,
    /// `None` before the first write and after a failed one.
    file: Option<AtomicFile>,
    there: ByteRanges,
}

#[async_trait]
impl Staged for FileStaged {
    fn len(&self) -> u64 {
        self.there.prefix()
    }

    fn holes(&self) -> Vec<Range<u64>> {
        self.there.holes()
    }

    async fn append(&mut self, bytes: Bytes) -> Result<()> {
        self.write_at(self.len(), bytes).await
    }

    async fn write_at(&mut self, offset: u64, bytes: Bytes) -> Result<()> {
        let mut file = self.take_file().await?;
        let end = offset.saturating_add(bytes.len() as u64);
        let written = blocking(move || {
            let done = file
                .file()
                .seek(SeekFrom::Start(offset))
                .and_then(|_| file.write_all(&bytes));
            done.map_err(|error| Error::storage(file.path().display(), error))?;
            Ok(file)
        });
        self.file = Some(self.store.in_folder(written.await)?);
        self.there.insert(offset..end);
        Ok(())
    }

    async fn commit(mut self: Box<Self>, expected: &Descriptor) -> Result<Pushed> {
        let store = self.store.clone();
        store.in_folder(self.become_content(expected).await)
    }
}

impl FileStaged {
    async fn take_file(&mut self) -> Result<AtomicFile> {
        match self.file.take() {
            Some(file) => Ok(file),
            None if self.there.end() > 0 => Err(Error::storage(
                &*self.store.to_string(),
                "an earlier write failed",
            )),
            None => {
                let dir = Arc::clone(&self.store.dir);
                self.store.in_folder(blocking(move || create(&dir)).await)
            }
        }
    }

    async fn become_content(&mut self, expected: &Descriptor) -> Result<Pushed> {
        if self.there.prefix() != expected.size || self.there.end() != expected.size {
            let (expected_size, actual) = (expected.size, self.there.prefix());
            let source = VerifyError::Size {
                expected: expected_size,
                actual,
            };
            return Err(Error::verify(&expected.digest, source));
        }
        match self.store.title(expected)? {
            Some(title) => self.become_file(&title, expected).await,
            None => self.become_unnamed(expected).await,
        }
    }

    async fn become_file(&mut self, title: &Title, expected: &Descriptor) -> Result<Pushed> {
        self.store.check_writable(title)?;
        let (file, target) = (self.take_file().await?, expected.clone());
        let file = blocking(move || verified(file, &target)).await?;
        let Some(claim) = self.store.state.claim(title, expected)? else {
            return Ok(Pushed::Present);
        };
        let place = self.store.place(title, expected).await?;
        self.store
            .complete(title, expected, claim, place, file.into())
            .await?;
        Ok(Pushed::Stored)
    }

    async fn become_unnamed(&mut self, expected: &Descriptor) -> Result<Pushed> {
        // The temporary file must exist until it has been read.
        let file = self.take_file().await?;
        let (path, len) = (file.path().to_owned().into(), expected.size);
        let payload = Payload::reopen(Arc::new(FileSource { path, len }), Some(len));
        self.store.push_unnamed(expected, payload, false).await
    }
}

fn create(dir: &Path) -> Result<AtomicFile> {
    std::fs::create_dir_all(dir).map_err(|error| Error::storage(dir.display(), error))?;
    AtomicFile::create(dir, 0o644).map_err(|error| Error::storage(dir.display(), error))
}

/// Returns the file if it has the content of `expected`.
fn verified(mut file: AtomicFile, expected: &Descriptor) -> Result<AtomicFile> {
    let failed = |error| Error::storage(&expected.digest, error);
    let invalid = |source| Error::verify(&expected.digest, source);
    let verifier = Verifier::new(expected).map_err(invalid)?;
    file.file().rewind().map_err(failed)?;
    verify(file.file(), verifier).map_err(failed)?.map_err(invalid)?;
    Ok(file)
}
