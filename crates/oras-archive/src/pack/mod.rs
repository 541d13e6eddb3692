//! A folder into an archive.

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

/// What an archive turned out to be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Packed {
    /// The sha256 digest of the archive, as it was written.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// The sha256 digest of the archive before it was compressed.
    pub tar_digest: Digest,
    /// What [`unpack`](crate::unpack) does not take by default, such as links that lead out of the folder; the first 100.
    pub refusals: Vec<Error>,
}

/// Writes an archive of the folder `dir` to `out`, in which everything is below the folder `name`.
///
/// The same files give the same archive: names are sorted, owners are left out. A `name` of `.` puts everything at the top of
/// the archive. What is named as temporary files of this workspace are (`.oras-tmp-`, `.oras-part-`) is left out. Symbolic links stay links; several
/// names of one file become one file and hard links to it. One thread reads ahead, all cores compress, and a few MiB are
/// held.
///
/// # Errors
///
/// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): there is a device, pipe or socket in the folder.
/// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): something in it cannot be read, or changes meanwhile, or
///   `out` takes no more.
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
        // An archive without its end is not finished.
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

/// The name of a folder within its archive: what is left of `name` without a root and `..`.
pub(crate) fn inner_name(name: &str) -> PathBuf {
    name.split('/')
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .collect()
}
