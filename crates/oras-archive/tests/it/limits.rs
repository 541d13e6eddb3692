//! Archives that would fill a disk.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use oras_archive::{UnpackOptions, unpack};
use oras_content::{ErrorChain, ErrorKind};

use crate::archives::Archive;
use crate::tree::tree;

#[track_caller]
fn refused(archive: impl Read, opts: &UnpackOptions) -> ErrorKind {
    let dir = tempfile::tempdir().unwrap();
    let error = unpack(archive, "docs", &dir.path().join("docs"), opts).unwrap_err();
    assert!(tree(dir.path()).is_empty(), "{}", ErrorChain(&error));
    *error.kind()
}

/// Bytes as they are asked for.
struct Bytes<I>(I);

impl<I: Iterator<Item = u8>> Read for Bytes<I> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let mut read = 0;
        for (place, byte) in buf.iter_mut().zip(&mut self.0) {
            *place = byte;
            read += 1;
        }
        Ok(read)
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::new(9));
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_small_archive_of_many_zeros_is_refused() {
    let len: u64 = 10 * 1024 * 1024 * 1024;
    let mut start = Archive::new().pax(&[("size", &len.to_string())]).unfinished();
    start.extend(Archive::new().header(b'0', "docs/a", "", 0o644, 0).unfinished());
    // As much as is looked at: members of gzip may follow each other.
    let zeros = gzip(&vec![0; 32 * 1024 * 1024]).repeat(10);
    let archive = [gzip(&start), zeros].concat();
    assert!(archive.len() < 400_000, "{} bytes", archive.len());
    assert_eq!(
        refused(&archive[..], &UnpackOptions::default()),
        ErrorKind::Refused
    );
}

/// What has no file in it fills no disk, but keeps whoever unpacks it busy for ever.
#[test]
fn zeros_after_the_end_and_endless_headers_are_refused() {
    let end = Archive::new().file("docs/a", "x").finish();
    let zeros = gzip(&vec![0; 32 * 1024 * 1024]).repeat(10);
    let archive = [gzip(&end), zeros].concat();
    assert_eq!(
        refused(&archive[..], &UnpackOptions::default()),
        ErrorKind::Refused
    );

    let comment = format!("1000000 comment={}\n", "x".repeat(1_000_000 - 17));
    let header = Archive::new().entry(b'g', "pax", "", 0o644, comment.as_bytes());
    let headers = gzip(&header.unfinished().repeat(32)).repeat(10);
    let archive = [headers, gzip(&end)].concat();
    assert_eq!(
        refused(&archive[..], &UnpackOptions::default()),
        ErrorKind::Refused
    );
}

#[test]
fn folders_without_entries_of_their_own_count() {
    let archive = Archive::new().file("docs/1/2/3/4/5/6/7/8/9/a", "x").finish();
    let opts = UnpackOptions::default().with_max_entries(9);
    let kind = refused(&archive[..], &opts);
    assert!(matches!(kind, ErrorKind::TooMany { limit: 9, .. }), "{kind:?}");
    let dir = tempfile::tempdir().unwrap();
    let opts = opts.with_max_entries(10);
    unpack(&archive[..], "docs", &dir.path().join("docs"), &opts).unwrap();
}

#[test]
fn more_bytes_of_names_than_fit_into_memory_are_refused() {
    struct Long(u64);
    impl Iterator for Long {
        type Item = Vec<u8>;

        fn next(&mut self) -> Option<Vec<u8>> {
            self.0 += 1;
            let name = format!("docs/{}/{}", "x".repeat(250), self.0);
            Some(
                Archive::new()
                    .pax(&[("path", &name)])
                    .file("docs/a", "")
                    .unfinished(),
            )
        }
    }
    let opts = UnpackOptions::default().with_max_name_bytes(100_000);
    let archive = Bytes(Long(0).flatten());
    let kind = refused(archive, &opts);
    assert!(
        matches!(kind, ErrorKind::TooMany { limit: 100_000, .. }),
        "{kind:?}"
    );
    assert_eq!(UnpackOptions::default().max_name_bytes, 256 << 20);
}

#[test]
fn more_bytes_than_allowed_are_refused_before_they_are_written() {
    let archive = Archive::new()
        .file("docs/a", "123456")
        .file("docs/b", "12345")
        .finish();
    let opts = UnpackOptions::default();
    assert_eq!(
        refused(&archive[..], &opts.clone().with_max_bytes(10)),
        ErrorKind::SizeExceedsLimit { limit: 10 }
    );
    let dir = tempfile::tempdir().unwrap();
    let opts = opts.with_max_bytes(11).with_max_entries(2);
    unpack(&archive[..], "docs", &dir.path().join("docs"), &opts).unwrap();
}

#[test]
fn a_million_empty_files_and_one_are_too_many() {
    let one = Archive::new().file("docs/a", "").unfinished();
    let archive = std::iter::repeat_n(one, 1_000_001).flatten();
    // Names of one file, so that the disk has little to do; it is the headers that are counted.
    let opts = UnpackOptions::default().with_max_entries(20_000);
    let kind = refused(Bytes(archive), &opts);
    assert!(
        matches!(kind, ErrorKind::TooMany { limit: 20_000, .. }),
        "{kind:?}"
    );
    assert_eq!(UnpackOptions::default().max_entries, 1_000_000);
}

#[test]
fn names_longer_or_deeper_than_any_file_are_refused() {
    let part = format!("docs/{}", "x".repeat(256));
    let long = format!("docs/{}", "x/".repeat(2100));
    let deep = format!("docs/{}", "x/".repeat(129));
    for (name, kind) in [
        (part, ErrorKind::PathTraversal),
        (long, ErrorKind::PathTraversal),
        (deep, ErrorKind::Refused),
    ] {
        let archive = Archive::new().pax(&[("path", &name)]).folder("docs/a").finish();
        assert_eq!(refused(&archive[..], &UnpackOptions::default()), kind);
    }
}

#[test]
fn an_extended_header_is_not_read_by_the_size_that_it_claims() {
    let archive = Archive::new().header(b'x', "pax", "", 0o644, 1 << 33).finish();
    assert_eq!(
        refused(&archive[..], &UnpackOptions::default()),
        ErrorKind::Refused
    );
}

#[cfg(feature = "zstd")]
#[test]
fn a_window_larger_than_8_mib_is_refused() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.include_contentsize(false).unwrap();
    let archive = Archive::new().file("docs/a", "x").finish();
    encoder.write_all(&archive).unwrap();
    let archive = encoder.finish().unwrap();
    assert_eq!(
        refused(&archive[..], &UnpackOptions::default()),
        ErrorKind::Refused
    );
}
