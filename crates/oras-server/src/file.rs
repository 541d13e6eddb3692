//! Reads small files up to a size limit.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Maximum size of a file in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Reads a file of at most 1 MiB.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let read = File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut content)?;
    match read as u64 > MAX_BYTES {
        false => Ok(content),
        true => Err(io::Error::other("it is larger than 1 MiB")),
    }
}
