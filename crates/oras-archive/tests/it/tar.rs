//! The same files as tar makes of an archive, and the other way round.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use oras_archive::{PackOptions, UnpackOptions, pack, unpack};

use crate::archives::Archive;
use crate::tree::tree;

fn tar(dir: &Path, args: &[&str]) {
    let done = Command::new("tar").current_dir(dir).args(args).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// A folder with what archives differ in.
fn odd_folder(dir: &Path) {
    fs::create_dir_all(dir.join("docs/empty")).unwrap();
    let long = format!("{}/{}", "l".repeat(120), "m".repeat(130));
    fs::create_dir_all(dir.join("docs").join(&long)).unwrap();
    fs::write(dir.join("docs").join(&long).join("n".repeat(110)), "long").unwrap();
    fs::write(dir.join("docs/ü ö\n\"x\""), "odd").unwrap();
    fs::write(dir.join("docs/512"), vec![b'x'; 512]).unwrap();
    fs::write(dir.join("docs/513"), vec![b'x'; 513]).unwrap();
    fs::write(dir.join("docs/tool"), "#!").unwrap();
    fs::set_permissions(dir.join("docs/tool"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::hard_link(dir.join("docs/tool"), dir.join("docs/tool2")).unwrap();
    symlink("tool", dir.join("docs/link")).unwrap();
    symlink(&long, dir.join("docs/long-link")).unwrap();
}

#[test]
fn archives_of_gnu_tar_in_every_format_are_unpacked() {
    let from = tempfile::tempdir().unwrap();
    odd_folder(from.path());
    for format in ["gnu", "oldgnu", "posix"] {
        let to = tempfile::tempdir().unwrap();
        let archive = from.path().join("a.tgz");
        tar(from.path(), &["--format", format, "-czf", "a.tgz", "docs"]);
        let file = fs::File::open(&archive).unwrap();
        unpack(file, "docs", &to.path().join("docs"), &UnpackOptions::default()).unwrap();
        fs::remove_file(archive).unwrap();
        assert_eq!(tree(to.path()), tree(from.path()), "{format}");
    }
}

#[test]
fn our_archives_are_unpacked_by_tar() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    odd_folder(from.path());
    let archive = to.path().join("a.tgz");
    let file = fs::File::create(&archive).unwrap();
    pack(&from.path().join("docs"), "docs", &PackOptions::default(), file).unwrap();

    tar(to.path(), &["-xzf", "a.tgz"]);

    fs::remove_file(archive).unwrap();
    assert_eq!(tree(to.path()), tree(from.path()));
}

/// What we accept, tar unpacks to the same files.
#[test]
fn odd_archives_are_what_tar_makes_of_them() {
    let nested = Archive::new().file("docs/evil", "x").finish();
    let odd = [
        Archive::new().file("docs/a", "1").file("docs/a", "2"),
        Archive::new().file("./docs//a", "1").folder("docs/./b/"),
        Archive::new().file("docs/a", "1").symlink("docs/a", "b"),
        Archive::new()
            .file("docs/a", "1")
            .hard_link("docs/b", "docs/a")
            .file("docs/a", "2"),
        Archive::new()
            .entry(0, "docs/old/", "", 0o755, b"")
            .entry(0, "docs/old/a", "", 0o600, b"x"),
        Archive::new().entry(b'7', "docs/contiguous", "", 0o644, b"x"),
        Archive::new()
            .header(b'5', "docs/d", "", 0o755, 0)
            .file("docs/d/a", "x"),
        Archive::new()
            .pax(&[("path", "docs/pax"), ("comment", "x")])
            .file("docs/plain", "x"),
        Archive::new()
            .pax(&[("mtime", "1.5"), ("size", "1")])
            .file("docs/a", "x"),
        Archive::new()
            .entry(b'g', "pax", "", 0o644, b"13 comment=x\n")
            .file("docs/a", "x"),
        Archive::new()
            .entry(b'0', "docs/nested.tar", "", 0o644, &nested)
            .file("docs/z", "x"),
    ];
    for (number, archive) in odd.into_iter().enumerate() {
        let archive = archive.finish();
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        unpack(
            &archive[..],
            "docs",
            &ours.path().join("docs"),
            &UnpackOptions::default(),
        )
        .unwrap();
        fs::write(theirs.path().join("a.tar"), &archive).unwrap();
        tar(theirs.path(), &["-xf", "a.tar"]);
        fs::remove_file(theirs.path().join("a.tar")).unwrap();
        assert_eq!(tree(ours.path()), tree(theirs.path()), "archive {number}");
    }
}
