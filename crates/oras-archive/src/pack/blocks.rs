//! Passes the archive from the thread that reads files to the one that compresses.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::compression::BLOCK;

/// Number of blocks to read ahead.
const AHEAD: usize = 4;

/// Collects what is written into blocks and sends them.
#[derive(Debug)]
pub(super) struct Blocks {
    block: Vec<u8>,
    full: SyncSender<Vec<u8>>,
}

/// All blocks except the last have [`BLOCK`] bytes.
pub(super) fn channel() -> (Blocks, Receiver<Vec<u8>>) {
    let (full, blocks) = sync_channel(AHEAD);
    let block = Vec::with_capacity(BLOCK);
    (Blocks { block, full }, blocks)
}

impl Blocks {
    /// Reads `len` bytes of a file directly into the blocks.
    pub(super) fn fill(&mut self, mut file: impl Read, mut len: u64) -> io::Result<()> {
        while len > 0 {
            let wanted = self.room()?.min(usize::try_from(len).unwrap_or(usize::MAX)) as u64;
            let read = file.by_ref().take(wanted).read_to_end(&mut self.block)? as u64;
            if read < wanted {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the file became shorter while it was packed",
                ));
            }
            len -= read;
        }
        Ok(())
    }

    /// Sends the last block.
    pub(super) fn finish(mut self) -> io::Result<()> {
        match self.block.is_empty() {
            true => Ok(()),
            false => self.hand_over(),
        }
    }

    /// Returns the space left in the current block, at least one byte.
    fn room(&mut self) -> io::Result<usize> {
        if self.block.len() == BLOCK {
            self.hand_over()?;
        }
        Ok(BLOCK - self.block.len())
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK));
        self.full
            .send(block)
            .map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the reader of the archive is gone"))
    }
}

impl Write for Blocks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.room()?);
        self.block.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_and_read_comes_in_full_blocks() {
        let (mut writer, blocks) = channel();
        writer.write_all(&[1; 3]).unwrap();
        writer.fill(&vec![2; BLOCK][..], BLOCK as u64).unwrap();
        writer.write_all(&vec![3; BLOCK - 2]).unwrap();
        writer.finish().unwrap();
        let blocks: Vec<_> = blocks.into_iter().collect();
        assert_eq!(blocks.iter().map(Vec::len).collect::<Vec<_>>(), [BLOCK, BLOCK, 1]);
        let expected = [vec![1; 3], vec![2; BLOCK], vec![3; BLOCK - 2]].concat();
        assert!(blocks.concat() == expected);
    }

    #[test]
    fn a_file_that_is_shorter_than_it_was_is_an_error() {
        let (mut writer, _blocks) = channel();
        let error = writer.fill(&[0; 9][..], 10).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn writing_ends_when_nobody_takes_the_blocks() {
        let (mut writer, blocks) = channel();
        drop(blocks);
        let error = writer.write_all(&vec![0; BLOCK + 1]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
