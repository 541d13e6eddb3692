//! Content on its way into memory.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use oras_content::{Descriptor, Error, Ingest, Pushed, Result, Verified};

use crate::MemoryStore;

pub(crate) struct MemoryIngest {
    store: MemoryStore,
    written: BytesMut,
}

impl MemoryIngest {
    pub(crate) fn new(store: MemoryStore) -> Self {
        Self {
            store,
            written: BytesMut::new(),
        }
    }
}

#[async_trait]
impl Ingest for MemoryIngest {
    fn len(&self) -> u64 {
        self.written.len() as u64
    }

    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.written.extend_from_slice(&bytes);
        Ok(())
    }

    async fn commit(self: Box<Self>, expected: &Descriptor) -> Result<Pushed> {
        let content = Verified::new(expected.clone(), self.written.freeze())
            .map_err(|source| Error::verify(&expected.digest, source))?;
        self.store.insert(content, false)
    }
}
