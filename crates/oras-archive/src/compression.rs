//! Compression and decompression of archives.

use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::bufread::MultiGzDecoder;

use crate::gzip::GzipWriter;

/// Bytes compressed at a time. Gzip compresses each block separately: larger blocks compress better, smaller ones keep
/// more cores busy.
pub(crate) const BLOCK: usize = 512 * 1024;

/// Job size per core for zstd, unless the window is larger. The library's default is four windows; smaller jobs let the
/// cores start sooner and finish at about the same time.
#[cfg(feature = "zstd")]
const JOB: u32 = 2 * 1024 * 1024;

/// Upper bound on the zstd window, as a power of two: 8 MiB, which every decoder must support.
#[cfg(feature = "zstd")]
const MAX_WINDOW_LOG: u32 = 23;

/// The compression of an archive.
///
/// The output is the same on every machine and for any number of cores. It may change with the version of the
/// compression library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// No compression.
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

/// Compresses what is written to it. The output is incomplete until [`finish`](Self::finish).
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

    /// Compresses a block, which must have [`BLOCK`] bytes unless it is the last.
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
    // Levels above 19 have larger windows by default. Lower levels keep their smaller windows, which allow smaller
    // jobs.
    if level > 19 {
        encoder.window_log(MAX_WINDOW_LOG)?;
    }
    encoder.include_checksum(true)?;
    encoder.set_parameter(zstd::zstd_safe::CParameter::JobSize(JOB))?;
    // The output of zero threads differs from that of one or more.
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    encoder.multithread(cores)?;
    Ok(encoder)
}

/// Decompresses gzip and zstd, recognised by their first bytes. Anything else is passed through.
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
