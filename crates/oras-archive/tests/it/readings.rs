//! Archives that two programs could read differently: none may hide files from one of them.

use std::io;

use oras_archive::Reader;

use crate::archives::Archive;

/// All entries, and what follows the end.
fn read(archive: &[u8]) -> io::Result<usize> {
    let mut reader = Reader::new(archive);
    let mut entries = 0;
    while reader.next_entry()?.is_some() {
        entries += 1;
    }
    reader.finish()?;
    Ok(entries)
}

#[track_caller]
fn assert_damaged(archive: &[u8]) {
    let error = read(archive).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
}

/// A header whose field at `start` has this text, with the checksum that it needs.
fn with_field(start: usize, text: &[u8]) -> Vec<u8> {
    let mut archive = Archive::new().file("docs/a", "").finish();
    archive[start..start + text.len()].copy_from_slice(text);
    archive[148..156].fill(b' ');
    let sum: u32 = archive[..512].iter().map(|byte| u32::from(*byte)).sum();
    archive[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    archive
}

#[test]
fn numbers_have_digits_alone() {
    for size in [" 00000000000", "00000000000\0", "0          \0"] {
        assert_eq!(read(&with_field(124, size.as_bytes())).unwrap(), 1, "{size:?}");
    }
    // A sign starts a number of base 64 in archives of an early GNU tar.
    for size in [
        "+0000000000\0",
        "-0000000000\0",
        "0x000000000\0",
        "00000000008\0",
        "0 0        \0",
    ] {
        assert_damaged(&with_field(124, size.as_bytes()));
    }
    for binary in [[0xff; 12], [0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]] {
        assert_damaged(&with_field(124, &binary));
    }
}

#[test]
fn records_have_digits_alone() {
    let record = |text: &str| {
        Archive::new()
            .entry(b'x', "pax", "", 0o644, text.as_bytes())
            .file("docs/a", "hello")
            .finish()
    };
    assert_eq!(read(&record("10 size=5\n")).unwrap(), 1);
    for text in [
        "+10 size=5\n",
        "11 size=+5\n",
        "11 size=-5\n",
        "12 size=5.0\n",
        "11 size=5 \n",
        "9 size=\n",
        "11 size=5\n",
        "10 size=5\0",
        "10size=5\n",
        "0 \n",
        "18446744073709551616 size=5\n",
    ] {
        assert_damaged(&record(text));
    }
}

#[test]
fn a_folder_that_is_one_by_its_slash_has_no_content() {
    let hidden = Archive::new().file("docs/hidden", "x").unfinished();
    for kind in [b'0', 0] {
        // Go and GNU tar take the content for headers.
        let archive = Archive::new().entry(kind, "docs/d/", "", 0o755, &hidden);
        assert_damaged(&archive.finish());
        let archive = Archive::new().entry(kind, "docs/d/", "", 0o755, b"");
        assert_eq!(read(&archive.finish()).unwrap(), 1);
    }
}

#[test]
fn an_extended_header_belongs_to_a_file() {
    let global = b"13 comment=x\n";
    for archive in [
        Archive::new().pax(&[("path", "docs/a")]),
        Archive::new()
            .pax(&[("path", "docs/a")])
            .entry(b'g', "pax", "", 0o644, global),
        Archive::new().entry(b'L', "././@LongLink", "", 0o644, b"docs/a\0"),
    ] {
        assert_damaged(&archive.finish());
    }
    let alone = Archive::new().entry(b'g', "pax", "", 0o644, global);
    assert_eq!(read(&alone.finish()).unwrap(), 0);
}

#[test]
fn all_files_cannot_be_sparse_at_once() {
    let archive = Archive::new()
        .entry(b'g', "pax", "", 0o644, b"22 GNU.sparse.major=1\n")
        .file("docs/a", "x")
        .finish();
    let error = read(&archive).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported, "{error}");
}

#[test]
fn one_block_of_zeros_is_the_end() {
    let file = Archive::new().file("docs/a", "x").unfinished();
    assert_eq!(read(&[&file[..], &[0; 512]].concat()).unwrap(), 1);
    assert_damaged(&[&file[..], &[0; 512], &file].concat());
    assert_damaged(&[&file[..], &[0; 1024], &file].concat());
}
