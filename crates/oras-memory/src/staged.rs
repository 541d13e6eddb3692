//! Content under way into memory.

use std::ops::Range;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use oras_content::{ByteRanges, Descriptor, Error, Pushed, Result, Staged, Verified, VerifyError};

use crate::MemoryStore;

pub(crate) struct MemoryStaged {
    store: MemoryStore,
    /// Holes are filled with zeros until their bytes come.
    written: BytesMut,
    there: ByteRanges,
}

impl MemoryStaged {
    pub(crate) fn new(store: MemoryStore) -> Self {
        Self {
            store,
            written: BytesMut::new(),
            there: ByteRanges::default(),
        }
    }
}

#[async_trait]
impl Staged for MemoryStaged {
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
        let too_far = |_| Error::unsupported(format!("content of more than {} bytes in memory", usize::MAX));
        let start = usize::try_from(offset).map_err(too_far)?;
        let end = start.saturating_add(bytes.len());
        if end > self.written.len() {
            self.written.resize(end, 0);
        }
        self.written[start..end].copy_from_slice(&bytes);
        self.there.insert(offset..end as u64);
        Ok(())
    }

    async fn commit(self: Box<Self>, expected: &Descriptor) -> Result<Pushed> {
        if !self.there.holes().is_empty() {
            let (expected, actual) = (expected.size, self.len());
            let source = VerifyError::Size { expected, actual };
            return Err(Error::verify("content with holes", source));
        }
        let content = Verified::new(expected.clone(), self.written.freeze())
            .map_err(|source| Error::verify(&expected.digest, source))?;
        self.store.insert(content, false)
    }
}
