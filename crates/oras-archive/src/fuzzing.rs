//! Fuzzing entry points. Each takes arbitrary bytes and panics if an invariant does not hold.
//!
//! Not part of the public API.

use std::fs;
use std::io::Read;

use oras_fs::Durability;

use crate::{Reader, UnpackOptions, unpack};

const BLOCK: usize = 512;
const MAX_BYTES: u64 = 1 << 20;

/// Reads an uncompressed archive.
pub fn reader(bytes: &[u8]) {
    let mut archive = Reader::new(bytes);
    let (mut entries, mut read) = (0, 0);
    while let Ok(Some(_)) = archive.next_entry() {
        entries += 1;
        read += std::io::copy(&mut archive.content().take(MAX_BYTES), &mut std::io::sink()).unwrap_or(0);
    }
    // Every entry has a header block.
    assert!(entries <= bytes.len() / BLOCK, "{entries} entries");
    assert!(read <= bytes.len() as u64, "{read} bytes");
    drop(archive.finish());
}

/// Unpacks an archive, compressed or not.
pub fn unpacked(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let target = folder.path().join("target");
    fs::write(folder.path().join("beside"), "beside").expect("a file can be written");
    let opts = UnpackOptions::default()
        .with_durability(Durability::None)
        .with_max_entries(100)
        .with_max_bytes(MAX_BYTES);
    let unpacked = unpack(bytes, "target", &target, &opts);
    if let Ok(unpacked) = &unpacked {
        assert!(unpacked.entries <= 100, "{unpacked:?}");
    }
    assert_eq!(target.symlink_metadata().is_ok(), unpacked.is_ok());
    let names = fs::read_dir(folder.path()).expect("a folder can be listed");
    assert_eq!(names.count(), 1 + usize::from(unpacked.is_ok()), "{unpacked:?}");
    let beside = fs::read(folder.path().join("beside")).expect("a file can be read");
    assert_eq!(beside, b"beside");
}
