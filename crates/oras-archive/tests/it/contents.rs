//! The table of contents of an archive.

use std::io::Write;

use oras_archive::{EntryKind, Reader, contents};

use crate::archives::Archive;

#[test]
fn files_are_listed_by_their_clean_names() {
    let archive = Archive::new()
        .folder("./a/")
        .file("./a//b", "hello")
        .symlink("c", "a")
        .file("./a/b", "other")
        .finish();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&archive).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();

    let files = contents(file).unwrap();

    assert_eq!(files.len(), 1);
    let range = files["a/b"].clone();
    assert_eq!(&archive[range.start as usize..range.end as usize], b"other");
}

#[test]
fn what_has_no_content_has_none_whatever_its_size_says() {
    let archive = Archive::new()
        .header(b'5', "a", "", 0o755, 512)
        .file("a/b", "x")
        .finish();
    let mut reader = Reader::new(&archive[..]);

    let folder = reader.next_entry().unwrap().unwrap();
    assert_eq!((folder.kind, folder.size), (EntryKind::Folder, 0));
    assert_eq!(reader.next_entry().unwrap().unwrap().path, b"a/b");
}

#[test]
fn long_names_are_read() {
    let long = "d/".repeat(100) + "file";
    let pax = Archive::new().pax(&[("path", &long)]).file("short", "x").finish();
    let gnu = Archive::new()
        .entry(b'L', "././@LongLink", "", 0o644, format!("{long}\0").as_bytes())
        .file("short", "x")
        .finish();
    for archive in [pax, gnu] {
        let entry = Reader::new(&archive[..]).next_entry().unwrap().unwrap();
        assert_eq!(entry.path, long.as_bytes());
    }
}

#[test]
fn what_two_tools_could_read_differently_is_damaged() {
    let two_sizes = Archive::new().pax(&[("size", "3")]).file("a", "hello");
    let two_names = Archive::new()
        .pax(&[("path", "a")])
        .entry(b'L', "././@LongLink", "", 0o644, b"b\0")
        .file("c", "");
    let global = Archive::new()
        .entry(b'g', "pax", "", 0o644, b"10 path=a\n")
        .file("c", "");
    let no_length = Archive::new()
        .entry(b'x', "pax", "", 0o644, b"path=a\n")
        .file("c", "");
    let nothing_follows = Archive::new().pax(&[("path", "a")]);
    for archive in [two_sizes, two_names, global, no_length, nothing_follows] {
        let archive = archive.finish();
        let error = Reader::new(&archive[..]).next_entry().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{error}");
    }
}

#[test]
fn sparse_files_are_unsupported() {
    let gnu = Archive::new().entry(b'S', "a", "", 0o644, b"").finish();
    let pax = Archive::new()
        .pax(&[("GNU.sparse.major", "1")])
        .file("a", "")
        .finish();
    for archive in [gnu, pax] {
        let error = Reader::new(&archive[..]).next_entry().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
    }
}
