//! Gzip on all cores, with the same bytes however many there are.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use flate2::{Compress, Compression, Crc, FlushCompress};

/// How many bytes are compressed on their own: more compress better, less keep more cores busy.
const BLOCK: usize = 512 * 1024;
/// No time, no name, no system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// An empty last block of deflate.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// Compresses what is written to it into one gzip member. Only [`finish`](Self::finish) completes it.
pub(crate) struct GzipWriter<W> {
    out: W,
    workers: Workers,
    block: Vec<u8>,
    /// Blocks that are being compressed, in their order.
    pending: VecDeque<Receiver<io::Result<Vec<u8>>>>,
    crc: Crc,
}

impl<W: Write> GzipWriter<W> {
    pub(crate) fn new(mut out: W, level: u32) -> io::Result<Self> {
        out.write_all(&HEADER)?;
        Ok(Self {
            out,
            workers: Workers::start(Compression::new(level)),
            block: Vec::with_capacity(BLOCK),
            pending: VecDeque::new(),
            crc: Crc::new(),
        })
    }

    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.submit()?;
        while !self.pending.is_empty() {
            self.write_first()?;
        }
        self.out.write_all(&LAST_BLOCK)?;
        self.out.write_all(&self.crc.sum().to_le_bytes())?;
        self.out.write_all(&self.crc.amount().to_le_bytes())?;
        Ok(self.out)
    }

    fn submit(&mut self) -> io::Result<()> {
        if self.pending.len() > 2 * self.workers.count() {
            self.write_first()?;
        }
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK));
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

impl<W: Write> Write for GzipWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.block.len() == BLOCK {
            self.submit()?;
        }
        let taken = bytes.len().min(BLOCK - self.block.len());
        self.block.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Job {
    block: Vec<u8>,
    done: Sender<io::Result<Vec<u8>>>,
}

/// The threads that compress; they end when this is dropped.
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
            // Where nobody takes the job, its result never comes, which the receiver reports.
            let _ = jobs.send(Job { block, done });
        }
        result
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A panic of its own has shown as a missing result.
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
        // Whoever dropped the writer does not wait for it.
        let _ = done.send(deflate(&mut compress, &block));
    }
}

/// One block of deflate that is not the last and ends on a whole byte.
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
    use std::io::{Read, Write};

    use flate2::read::GzDecoder;

    use super::{BLOCK, GzipWriter};

    fn round_trip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzipWriter::new(Vec::new(), 6).unwrap();
        gzip.write_all(bytes).unwrap();
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
