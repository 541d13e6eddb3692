//! Content being staged in memory.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use oras_content::{ByteRanges, Descriptor, Error, Pushed, Result, Staged, Verified, VerifyError};

use crate::MemoryStore;
use crate::room::Room;

pub(crate) struct MemoryStaged {
    store: MemoryStore,
    room: Room,
    /// The frames written and their offsets, in order of arrival.
    written: Vec<(u64, Bytes)>,
    there: ByteRanges,
}

impl MemoryStaged {
    pub(crate) fn new(store: MemoryStore, room: Room) -> Self {
        Self {
            store,
            room,
            written: Vec::new(),
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
        if bytes.is_empty() {
            return Ok(());
        }
        let end = offset.checked_add(bytes.len() as u64);
        let end = end.ok_or_else(|| Error::unsupported("content of more bytes than can be counted"))?;
        self.room.grow(bytes.len() as u64, &*self.store.to_string())?;
        self.there.insert(offset..end);
        self.written.push((offset, bytes));
        Ok(())
    }

    async fn commit(mut self: Box<Self>, expected: &Descriptor) -> Result<Pushed> {
        let (there, end) = (self.there.prefix(), self.there.end());
        if there != end || end != expected.size {
            let (expected_size, actual) = (expected.size, there);
            let source = VerifyError::Size {
                expected: expected_size,
                actual,
            };
            return Err(Error::verify(&expected.digest, source));
        }
        let content = Verified::new(expected.clone(), joined(self.written, end))
            .map_err(|source| Error::verify(&expected.digest, source))?;
        // Overlapping writes were counted more than once.
        self.room.shrink(end);
        self.store.insert(content, self.room, false)
    }
}

/// Joins the frames, which must cover all bytes up to `end`.
fn joined(mut written: Vec<(u64, Bytes)>, end: u64) -> Bytes {
    if written.len() == 1 {
        return written.remove(0).1;
    }
    // The parts of the same total size are in memory already, so the allocation is bounded.
    let mut whole = vec![0; end as usize];
    for (offset, bytes) in &written {
        let start = *offset as usize;
        whole[start..start + bytes.len()].copy_from_slice(bytes);
    }
    whole.into()
}
