//! How an archive is compressed.

use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::bufread::MultiGzDecoder;

use crate::gzip::GzipWriter;

/// How many bytes are compressed at a time. Gzip compresses each block on its own: larger ones compress better, smaller
/// ones keep more cores busy.
pub(crate) const BLOCK: usize = 512 * 1024;

/// How much each core compresses with zstd at a time, unless the window is larger: the cores start sooner and stop at about
/// the same time with less than the library would take, which is four windows.
#[cfg(feature = "zstd")]
const JOB: u32 = 2 * 1024 * 1024;

/// The largest window of zstd that is allowed, as a power of two: 8 MiB, which every decoder must support.
#[cfg(feature = "zstd")]
const MAX_WINDOW_LOG: u32 = 23;

/// How an archive is compressed.
///
/// The bytes are the same on every machine and for any number of cores, and may change with the version of the
/// library that compresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// Gzip, from level 0 (fastest) to 9 (smallest).
    Gzip(u32),
    /// Zstandard, from level 1 (fastest) to 22 (smallest).
    #[cfg(feature = "zstd")]
    Zstd(u32),
}

/// Gzip at level 6.
impl Default for Compression {
    fn default() -> Self {
        Self::Gzip(6)
    }
}

/// Compresses what is written to it. Only [`finish`](Self::finish) completes it.
pub(crate) enum Compressor<W: Write> {
    None(W),
    Gzip(GzipWriter<W>),
    #[cfg(feature = "zstd")]
    Zstd(zstd::Encoder<'static, W>),
}

impl<W: Write> Compressor<W> {
    pub(crate) fn new(out: W, compression: Compression) -> io::Result<Self> {
        match compression {
            Compression::None => Ok(Self::None(out)),
            Compression::Gzip(level) => GzipWriter::new(out, level.min(9)).map(Self::Gzip),
            #[cfg(feature = "zstd")]
            Compression::Zstd(level) => zstd_encoder(out, level).map(Self::Zstd),
        }
    }

    /// Compresses a block: of [`BLOCK`] bytes, unless it is the last.
    pub(crate) fn push(&mut self, block: Vec<u8>) -> io::Result<()> {
        match self {
            Self::None(out) => out.write_all(&block),
            Self::Gzip(gzip) => gzip.push(block),
            #[cfg(feature = "zstd")]
            Self::Zstd(encoder) => encoder.write_all(&block),
        }
    }

    pub(crate) fn finish(self) -> io::Result<W> {
        match self {
            Self::None(out) => Ok(out),
            Self::Gzip(gzip) => gzip.finish(),
            #[cfg(feature = "zstd")]
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

#[cfg(feature = "zstd")]
fn zstd_encoder<W: Write>(out: W, level: u32) -> io::Result<zstd::Encoder<'static, W>> {
    let level = level.clamp(1, 22);
    let mut encoder = zstd::Encoder::new(out, level as i32)?;
    // The levels above have larger ones. Those below have smaller ones, and so smaller parts for each core.
    if level > 19 {
        encoder.window_log(MAX_WINDOW_LOG)?;
    }
    encoder.include_checksum(true)?;
    encoder.set_parameter(zstd::zstd_safe::CParameter::JobSize(JOB))?;
    // One thread or more make other bytes than none.
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    encoder.multithread(cores)?;
    Ok(encoder)
}

/// Decompresses what starts like gzip or zstd, and gives anything else as it is.
pub(crate) fn decompress<'a>(archive: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut archive = BufReader::with_capacity(128 * 1024, archive);
    let start = archive.fill_buf()?;
    if start.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(MultiGzDecoder::new(archive)));
    }
    if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return zstd_decoder(archive);
    }
    Ok(Box::new(archive))
}

#[cfg(feature = "zstd")]
fn zstd_decoder<'a>(archive: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut decoder = zstd::Decoder::with_buffer(archive)?;
    decoder.window_log_max(MAX_WINDOW_LOG)?;
    Ok(Box::new(decoder))
}

#[cfg(not(feature = "zstd"))]
fn zstd_decoder<'a>(_archive: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this program was built without zstd",
    ))
}
