//! Archives of somebody who wants out of the folder.

use std::fs;
use std::path::Path;

use oras_archive::{Compression, PackOptions, UnpackOptions, pack, unpack};
use oras_content::{ErrorChain, ErrorKind};

use crate::archives::Archive;
use crate::tree::tree;

/// Unpacks beside a file that must stay as it is, and gives the kind and the text of the error.
#[track_caller]
fn refused(archive: &[u8]) -> (ErrorKind, String) {
    let dir = tempfile::tempdir().unwrap();
    let (to, secret) = (dir.path().join("to"), dir.path().join("secret"));
    fs::create_dir(&to).unwrap();
    fs::write(&secret, "secret").unwrap();
    let error = unpack(archive, "docs", &to.join("docs"), &UnpackOptions::default()).unwrap_err();
    assert_eq!(tree(dir.path()), ["secret 0644 \"secret\"", "to/ 0755"]);
    (*error.kind(), ErrorChain(&error).to_string())
}

#[track_caller]
fn assert_refused(archive: Archive, kind: ErrorKind) {
    let (actual, text) = refused(&archive.finish());
    assert_eq!(actual, kind, "{text}");
}

#[test]
fn names_stay_in_the_folder() {
    for name in [
        "../secret",
        "docs/../../secret",
        "/secret",
        "docs/../docs/a",
        "other/a",
        "docsx/a",
        "..",
    ] {
        assert_refused(Archive::new().file(name, "x"), ErrorKind::PathTraversal);
        assert_refused(Archive::new().folder(name), ErrorKind::PathTraversal);
        assert_refused(Archive::new().symlink(name, "a"), ErrorKind::PathTraversal);
    }
    assert_refused(
        Archive::new()
            .pax(&[("path", "docs/../../secret")])
            .file("docs/a", "x"),
        ErrorKind::PathTraversal,
    );
}

#[test]
fn links_stay_in_the_folder() {
    for target in [
        "/",
        "/secret",
        "..",
        "../secret",
        "../../secret",
        "a/../..",
        "./../secret",
        "a/../b",
    ] {
        assert_refused(
            Archive::new().symlink("docs/link", target),
            ErrorKind::PathTraversal,
        );
    }
    // Two links that each seem to stay, and together do not.
    assert_refused(
        Archive::new()
            .symlink("docs/s", ".")
            .symlink("docs/t", "s/s/../../secret"),
        ErrorKind::PathTraversal,
    );
    assert_refused(
        Archive::new().symlink("docs/d/e", "../../x"),
        ErrorKind::PathTraversal,
    );
}

#[test]
fn nothing_is_written_through_a_link_of_the_archive() {
    assert_refused(
        Archive::new()
            .folder("docs/d")
            .symlink("docs/link", "d")
            .file("docs/link/a", "x"),
        ErrorKind::PathTraversal,
    );
    assert_refused(
        Archive::new().symlink("docs/link", ".").folder("docs/link/d"),
        ErrorKind::PathTraversal,
    );
    // A folder entry must not change the permissions of what a link leads to.
    assert_refused(
        Archive::new()
            .symlink("docs/d", "x")
            .entry(b'5', "docs/d", "", 0o777, b""),
        ErrorKind::PathTraversal,
    );
}

#[test]
fn a_file_after_a_link_of_its_name_replaces_the_link() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::new()
        .file("docs/a", "a")
        .symlink("docs/b", "a")
        .file("docs/b", "b")
        .finish();
    unpack(
        &archive[..],
        "docs",
        &dir.path().join("docs"),
        &UnpackOptions::default(),
    )
    .unwrap();
    assert_eq!(
        tree(dir.path()),
        ["docs/ 0755", "docs/a 0644 \"a\"", "docs/b 0644 \"b\""]
    );
}

#[test]
fn hard_links_are_to_earlier_files_of_the_archive() {
    for first in ["docs/none", "docs", "docs/d", "docs/link", "docs/later"] {
        let archive = Archive::new()
            .folder("docs/d")
            .file("docs/a", "a")
            .symlink("docs/link", "a")
            .hard_link("docs/b", first)
            .file("docs/later", "x");
        assert_refused(archive, ErrorKind::Refused);
    }
    for first in ["../secret", "secret", "/etc/passwd", "a"] {
        let archive = Archive::new().file("docs/a", "a").hard_link("docs/b", first);
        assert_refused(archive, ErrorKind::PathTraversal);
    }
}

#[test]
fn devices_pipes_and_the_unknown_are_refused() {
    for kind in [b'3', b'4', b'6', b'D', b'M', b'V', b'Z'] {
        assert_refused(
            Archive::new().entry(kind, "docs/a", "", 0o644, b""),
            ErrorKind::Refused,
        );
    }
}

#[test]
fn the_folder_itself_cannot_be_replaced() {
    for name in ["docs", "docs/", "docs/.", "./docs"] {
        assert_refused(Archive::new().symlink(name, "x"), ErrorKind::Refused);
    }
    assert_refused(Archive::new().file("docs", "x"), ErrorKind::Refused);
    assert_refused(
        Archive::new().folder("docs/d").file("docs/d", "x"),
        ErrorKind::Refused,
    );
    assert_refused(
        Archive::new().file("docs/d", "x").file("docs/d/a", "x"),
        ErrorKind::Refused,
    );
}

#[test]
fn set_user_id_and_the_like_are_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::new()
        .entry(b'5', "docs/", "", 0o7777, b"")
        .entry(b'0', "docs/a", "", 0o7777, b"")
        .finish();
    let opts = UnpackOptions::default().with_permissions_preserved(true);
    unpack(&archive[..], "docs", &dir.path().join("docs"), &opts).unwrap();
    assert_eq!(tree(dir.path()), ["docs/ 0777", "docs/a 0777 \"\""]);
}

#[test]
fn an_archive_that_goes_on_after_its_end_or_stops_before_is_refused() {
    let whole = Archive::new().file("docs/a", "x").finish();
    let more = [&whole[..], b"more"].concat();
    let second = [&whole[..], &whole[..]].concat();
    let long = [&whole[..], &[0; 100_000], b"x"].concat();
    let mut wrong = whole.clone();
    wrong[0] ^= 1;
    let in_content = &Archive::new().file("docs/a", "x").unfinished()[..600];
    let in_header = &whole[..300];
    for archive in [
        &more[..],
        &second,
        &long,
        &wrong,
        in_content,
        in_header,
        b"",
        b"garbage",
    ] {
        let (kind, text) = refused(archive);
        assert_eq!(kind, ErrorKind::Refused, "{text}");
    }
}

#[test]
fn a_compressed_archive_that_is_damaged_is_refused() {
    let from = tempfile::tempdir().unwrap();
    fs::write(from.path().join("a"), "hello").unwrap();
    for compression in [
        Compression::Gzip(6),
        #[cfg(feature = "zstd")]
        Compression::Zstd(3),
    ] {
        let mut archive = Vec::new();
        let opts = PackOptions::default().with_compression(compression);
        pack(from.path(), "docs", &opts, &mut archive).unwrap();
        let len = archive.len();
        let mut damaged: Vec<Vec<u8>> = (0..len).map(|len| archive[..len].to_vec()).collect();
        for more in [&b"more"[..], &[0; 512], &archive[..], &archive[..len / 2]] {
            damaged.push([&archive[..], more].concat());
        }
        for at in [len - 1, len - 4, len - 8, len / 2] {
            let mut altered = archive.clone();
            altered[at] ^= 0x55;
            damaged.push(altered);
        }
        for (number, archive) in damaged.iter().enumerate() {
            let (kind, text) = refused(archive);
            assert_eq!(kind, ErrorKind::Refused, "{compression:?} {number}: {text}");
        }
    }
}

/// What can only be told apart by some file systems is told apart here as the file system does.
#[test]
fn names_that_differ_in_case_or_form_only_do_not_lead_through_each_other() {
    let probe = tempfile::tempdir().unwrap();
    fs::write(probe.path().join("a"), "").unwrap();
    let is_one = probe.path().join("A").exists();
    for (first, second) in [("Link", "link"), ("caf\u{e9}", "cafe\u{301}")] {
        let archive = Archive::new()
            .symlink(&format!("docs/{first}"), ".")
            .file(&format!("docs/{second}/a"), "x")
            .finish();
        if is_one {
            assert_eq!(refused(&archive).0, ErrorKind::Refused);
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("docs");
        unpack(&archive[..], "docs", &target, &UnpackOptions::default()).unwrap();
        assert!(!target.join("a").exists());
        assert_eq!(fs::read(target.join(second).join("a")).unwrap(), b"x");
    }
}

#[test]
fn links_to_links_stay_in_the_folder() {
    // The file is there, so that a chain that gets out would find it.
    for chain in [
        &[("docs/d/e/up", ".."), ("docs/x", "d/e/up/../../../secret")][..],
        &[("docs/d/up", ".."), ("docs/d/upper", "../d/up/../../secret")],
        &[("docs/a", "b"), ("docs/b", "a"), ("docs/c", "a/../../secret")],
        &[("docs/self", "self/../secret")],
    ] {
        let mut archive = Archive::new();
        for (name, target) in chain {
            archive = archive.symlink(name, target);
        }
        assert_refused(archive, ErrorKind::PathTraversal);
    }
}

#[test]
fn hard_links_do_not_lead_through_links() {
    for first in ["docs/link/a", "docs/link", "docs/link/../a", "docs/d/../a"] {
        let archive = Archive::new()
            .file("docs/d/a", "a")
            .file("docs/a", "a")
            .symlink("docs/link", "d")
            .hard_link("docs/b", first);
        let (kind, text) = refused(&archive.finish());
        assert!(
            matches!(kind, ErrorKind::PathTraversal | ErrorKind::Refused),
            "{first}: {text}"
        );
    }
    // A file that a link replaced is no file any more.
    let archive = Archive::new()
        .file("docs/a", "a")
        .symlink("docs/a", "b")
        .hard_link("docs/b", "docs/a");
    assert_refused(archive, ErrorKind::Refused);
}

#[test]
fn a_time_before_1970_is_taken_for_none() {
    let dir = tempfile::tempdir().unwrap();
    let mut binary = Archive::new().file("docs/a", "x").unfinished();
    binary[136..148].fill(0xff);
    binary[148..156].fill(b' ');
    let sum: u32 = binary[..512].iter().map(|byte| u32::from(*byte)).sum();
    binary[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let pax = |time: &str| {
        Archive::new()
            .pax(&[("mtime", time)])
            .file("docs/b", "x")
            .unfinished()
    };
    let archive = [
        binary,
        pax("-1.5"),
        pax("1e400"),
        pax("99999999999999999999"),
        vec![0; 1024],
    ]
    .concat();
    unpack(
        &archive[..],
        "docs",
        &dir.path().join("docs"),
        &UnpackOptions::default(),
    )
    .unwrap();
    for name in ["a", "b"] {
        let modified = fs::metadata(dir.path().join("docs").join(name))
            .unwrap()
            .modified()
            .unwrap();
        assert!(
            modified.elapsed().unwrap().as_secs() < 3600,
            "{name}: {modified:?}"
        );
    }
}

#[test]
fn traversal_can_be_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::new()
        .symlink("/docs/link", "/etc/hostname")
        .symlink("/docs/up", "../..")
        .finish();
    let opts = UnpackOptions::default().with_path_traversal(true);
    unpack(&archive[..], "docs", &dir.path().join("docs"), &opts).unwrap();
    assert_eq!(
        fs::read_link(dir.path().join("docs/link")).unwrap(),
        Path::new("/etc/hostname")
    );
    // Names with ".." lead nowhere that a link could not, but there is no use for them.
    let archive = Archive::new().file("docs/../../x", "x").finish();
    assert!(unpack(&archive[..], "docs", &dir.path().join("docs"), &opts).is_err());
}

/// A file of such a name would be taken for a part of content, and gone on with by a later pull.
#[test]
fn a_name_of_a_temporary_file_is_refused() {
    for name in [
        "docs/.oras-part-x",
        "docs/.oras-tmp-x/a",
        "docs/a/.oras-part-x.state",
    ] {
        assert_refused(Archive::new().file(name, "x"), ErrorKind::Refused);
    }
}
