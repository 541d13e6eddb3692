//! Parallel gzip compression, with the same output for any number of cores.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use flate2::{Compress, Compression, Crc, FlushCompress};

/// A gzip header without time, name or operating system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// An empty final deflate block.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// Compresses blocks into one gzip member. The output is incomplete until [`finish`](Self::finish).
pub(crate) struct GzipWriter<W> {
    out: W,
    workers: Workers,
    /// Results of the blocks being compressed, in order.
    pending: VecDeque<Receiver<io::Result<Vec<u8>>>>,
    crc: Crc,
}

impl<W: Write> GzipWriter<W> {
    pub(crate) fn new(mut out: W, level: u32) -> io::Result<Self> {
        out.write_all(&HEADER)?;
        Ok(Self {
            out,
            workers: Workers::start(Compression::new(level)),
            pending: VecDeque::new(),
            crc: Crc::new(),
        })
    }

    pub(crate) fn finish(mut self) -> io::Result<W> {
        while !self.pending.is_empty() {
            self.write_first()?;
        }
        self.out.write_all(&LAST_BLOCK)?;
        self.out.write_all(&self.crc.sum().to_le_bytes())?;
        self.out.write_all(&self.crc.amount().to_le_bytes())?;
        Ok(self.out)
    }

    pub(crate) fn push(&mut self, block: Vec<u8>) -> io::Result<()> {
        if self.pending.len() > 2 * self.workers.count() {
            self.write_first()?;
        }
        self.crc.update(&block);
        self.pending.push_back(self.workers.compress(block));
        Ok(())
    }

    fn write_first(&mut self) -> io::Result<()> {
        let Some(first) = self.pending.pop_front() else {
            return Ok(());
        };
        let stopped = |_| io::Error::other("a thread that compresses has stopped");
        let compressed = first.recv().map_err(stopped)??;
        self.out.write_all(&compressed)
    }
}

struct Job {
    block: Vec<u8>,
    done: Sender<io::Result<Vec<u8>>>,
}

/// The compression threads. They end when this is dropped.
struct Workers {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    fn start(level: Compression) -> Self {
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let start = |_| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || work(&queue, level))
        };
        Self {
            jobs: Some(jobs),
            threads: (0..cores).map(start).collect(),
        }
    }

    fn count(&self) -> usize {
        self.threads.len()
    }

    fn compress(&self, block: Vec<u8>) -> Receiver<io::Result<Vec<u8>>> {
        let (done, result) = channel();
        if let Some(jobs) = &self.jobs {
            // If no worker takes the job, the receiver reports the missing result.
            let _ = jobs.send(Job { block, done });
        }
        result
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A panicked worker has already been reported as a missing result.
            let _ = thread.join();
        }
    }
}

fn work(queue: &Mutex<Receiver<Job>>, level: Compression) {
    let mut compress = Compress::new(level, false);
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { block, done }) = next else {
            return;
        };
        compress.reset();
        // The receiver may have been dropped with the writer.
        let _ = done.send(deflate(&mut compress, &block));
    }
}

/// Compresses a block as deflate data that is not final and ends on a byte boundary.
fn deflate(compress: &mut Compress, block: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(block.len() / 2 + 1024);
    loop {
        let used = compress.total_in() as usize;
        compress.compress_vec(&block[used..], &mut out, FlushCompress::Sync)?;
        if compress.total_in() as usize == block.len() && out.len() < out.capacity() {
            return Ok(out);
        }
        out.reserve(block.len() / 4 + 1024);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::GzipWriter;
    use crate::compression::BLOCK;

    fn round_trip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzipWriter::new(Vec::new(), 6).unwrap();
        for block in bytes.chunks(BLOCK) {
            gzip.push(block.to_vec()).unwrap();
        }
        let compressed = gzip.finish().unwrap();
        let mut decoder = GzDecoder::new(&compressed[..]);
        let mut out = Vec::new();
        decoder.read_to_end(&mut out).unwrap();
        assert!(decoder.into_inner().is_empty(), "something follows the member");
        out
    }

    #[test]
    fn any_length_comes_back() {
        for len in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 9 * BLOCK + 7] {
            let mut noise = 7_u32;
            let mut next = || {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 24) as u8
            };
            let random: Vec<u8> = (0..len).map(|_| next()).collect();
            assert!(round_trip(&random) == random, "{len} random bytes");
            let same = vec![b'a'; len];
            assert!(round_trip(&same) == same, "{len} equal bytes");
        }
    }
}
