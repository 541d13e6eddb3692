//! Archives that are written bit by bit.

use oras_archive::{END, EntryKind, Reader, file_header, folder_header, padding};

#[test]
fn what_is_written_is_read() {
    let long = "n".repeat(101);
    let files = [("a/b.txt", &b"hello"[..]), (&long, &[7; 512]), ("empty", b"")];
    let mut archive = folder_header("a/", 0o755);
    for (name, content) in files {
        archive.extend(file_header(name, content.len() as u64, 0o444));
        archive.extend(content);
        archive.extend(padding(content.len() as u64));
    }
    archive.extend(END);
    assert_eq!(archive.len() % 512, 0);

    let mut reader = Reader::new(&archive[..]);
    let folder = reader.next_entry().unwrap().unwrap();
    assert_eq!((folder.kind, folder.mode), (EntryKind::Folder, 0o755));
    for (name, content) in files {
        let entry = reader.next_entry().unwrap().unwrap();
        assert_eq!(entry.path, name.as_bytes());
        assert_eq!((entry.kind, entry.mode, entry.mtime), (EntryKind::File, 0o444, 0));
        let start = entry.offset as usize;
        assert_eq!(&archive[start..start + entry.size as usize], content);
    }
    assert!(reader.next_entry().unwrap().is_none());
}

#[test]
fn sizes_of_eight_gibibytes_and_more_are_binary() {
    for (size, is_binary) in [((8 << 30) - 1, false), (8 << 30, true), (1 << 60, true)] {
        let header = file_header("large", size, 0o444);
        assert_eq!(header[124] == 0x80, is_binary, "{size}");
        let entry = Reader::new(&header[..]).next_entry().unwrap().unwrap();
        assert_eq!(entry.size, size);
    }
}
