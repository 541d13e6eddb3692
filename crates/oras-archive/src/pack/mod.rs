//! Packing folders into archives.

mod blocks;
mod options;
mod packer;
mod walk;

pub use options::{Modes, PackOptions, Times};

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;

use oras_content::{Algorithm, Digest, Error, Result};

use crate::compression::Compressor;
use crate::hashing::Hashing;
use packer::Packer;

/// The result of packing a folder.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Packed {
    /// The sha256 digest of the written archive.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// The sha256 digest of the archive before compression.
    pub tar_digest: Digest,
    /// What [`unpack`](crate::unpack) would refuse by default, such as links that point outside the folder: the first
    /// 100 entries, and any exceeded limits.
    pub refusals: Vec<Error>,
}

/// Writes an archive of the folder `dir` to `out`, with everything inside a folder called `name`.
///
/// The same files produce the same archive: names are sorted and owners omitted. A `name` of `.` puts everything at the
/// top level. Temporary files of this workspace (`.oras-tmp-`, `.oras-part-`) are skipped. Symbolic links are kept; a
/// file with several names becomes one file and hard links to it. One thread reads ahead, all cores compress, and
/// memory use is a few MiB.
///
/// # Errors
///
/// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): the folder contains a device, pipe or socket.
/// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): a file cannot be read or changes meanwhile, or `out`
///   cannot be written.
///
/// # Example
///
/// ```
/// use oras_archive::{PackOptions, UnpackOptions, pack, unpack};
///
/// # fn main() -> Result<(), oras_content::Error> {
/// # let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
/// std::fs::write(from.path().join("hello.txt"), "hello").unwrap();
/// let mut archive = Vec::new();
/// let packed = pack(from.path(), "docs", &PackOptions::default(), &mut archive)?;
/// assert_eq!(packed.size, archive.len() as u64);
///
/// let target = to.path().join("docs");
/// unpack(&archive[..], "docs", &target, &UnpackOptions::default())?;
/// assert_eq!(std::fs::read(target.join("hello.txt")).unwrap(), b"hello");
/// # Ok(())
/// # }
/// ```
pub fn pack(dir: &Path, name: &str, opts: &PackOptions, out: impl Write) -> Result<Packed> {
    let failed = |error| Error::storage(format!("an archive of {}", dir.display()), error);
    let out = Hashing::new(io::BufWriter::new(out), Algorithm::Sha256);
    let compressor = Compressor::new(out, opts.compression).map_err(failed)?;
    let mut tar = Hashing::new(compressor, Algorithm::Sha256);
    let contents = thread::scope(|scope| {
        let (writer, blocks) = blocks::channel();
        let packer = Packer::new(dir, name, opts, writer);
        let reading = thread::Builder::new().spawn_scoped(scope, move || packer.run());
        let reading = reading.map_err(failed)?;
        for block in blocks {
            tar.push(block).map_err(failed)?;
        }
        // If reading failed, the archive lacks its end.
        reading
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    let (compressor, tar_digest, tar_size) = tar.finish();
    let (mut out, digest, size) = compressor.finish().map_err(failed)?.finish();
    out.flush().map_err(failed)?;
    Ok(Packed {
        digest,
        size,
        tar_digest,
        refusals: contents.refusals(tar_size, size),
    })
}

/// Returns the folder's name inside its archive: `name` without the root, `.` and `..`.
pub(crate) fn inner_name(name: &str) -> PathBuf {
    name.split('/')
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .collect()
}
