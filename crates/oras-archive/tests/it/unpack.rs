//! Archives into folders.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use oras_archive::{Compression, PackOptions, Times, UnpackOptions, pack, unpack};
use oras_content::{Algorithm, ErrorKind};

use crate::archives::Archive;
use crate::tree::tree;

fn unpacked(archive: &[u8], dir: &Path) -> Vec<String> {
    unpack(archive, "docs", &dir.join("docs"), &UnpackOptions::default()).unwrap();
    tree(dir)
}

#[test]
fn what_is_packed_comes_back() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let dir = from.path().join("docs");
    fs::create_dir_all(dir.join("empty/inner")).unwrap();
    fs::write(dir.join("a"), "hello").unwrap();
    fs::write(dir.join("tool"), "#!").unwrap();
    fs::set_permissions(dir.join("tool"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::hard_link(dir.join("a"), dir.join("b")).unwrap();
    symlink("a", dir.join("to-a")).unwrap();
    symlink("../a", dir.join("empty/up")).unwrap();
    let compressions = [
        Compression::None,
        Compression::default(),
        #[cfg(feature = "zstd")]
        Compression::Zstd(3),
    ];

    for compression in compressions {
        let mut archive = Vec::new();
        let opts = PackOptions::default().with_compression(compression);
        pack(&dir, "docs", &opts, &mut archive).unwrap();
        assert_eq!(unpacked(&archive, to.path()), tree(from.path()));
        let (a, b) = (to.path().join("docs/a"), to.path().join("docs/b"));
        assert_eq!(fs::metadata(a).unwrap().ino(), fs::metadata(b).unwrap().ino());
        fs::remove_dir_all(to.path().join("docs")).unwrap();
    }
}

#[test]
fn folders_need_no_entry_of_their_own() {
    let to = tempfile::tempdir().unwrap();
    let archive = Archive::new().file("docs/a/b/c", "x").finish();
    assert_eq!(unpacked(&archive, to.path()).len(), 4);
    assert_eq!(fs::read(to.path().join("docs/a/b/c")).unwrap(), b"x");
}

#[test]
fn a_folder_that_may_not_be_written_to_gets_its_content() {
    let to = tempfile::tempdir().unwrap();
    let archive = Archive::new()
        .entry(b'5', "docs/", "", 0o555, b"")
        .entry(b'5', "docs/a/", "", 0o500, b"")
        .file("docs/a/b", "x")
        .finish();
    let expected = ["docs/ 0555", "docs/a/ 0500", "docs/a/b 0644 \"x\""];
    assert_eq!(unpacked(&archive, to.path()), expected);
}

#[test]
fn permissions_follow_the_umask_unless_they_are_preserved() {
    let to = tempfile::tempdir().unwrap();
    let archive = Archive::new().entry(b'0', "docs/a", "", 0o6777, b"").finish();
    // The tests run with the usual umask.
    assert!(unpacked(&archive, to.path()).contains(&"docs/a 0755 \"\"".to_owned()));

    let other = to.path().join("other");
    let opts = UnpackOptions::default().with_permissions_preserved(true);
    unpack(&archive[..], "docs", &other, &opts).unwrap();
    assert_eq!(tree(&other), ["a 0777 \"\""]);
}

#[test]
fn times_are_set_but_for_that_of_no_time() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(from.path().join("a"), "").unwrap();
    let time_of = |times| {
        let mut archive = Vec::new();
        pack(
            from.path(),
            "docs",
            &PackOptions::default().with_times(times),
            &mut archive,
        )
        .unwrap();
        unpacked(&archive, to.path());
        fs::metadata(to.path().join("docs/a")).unwrap().mtime()
    };
    assert_eq!(time_of(Times::At(1_000_000)), 1_000_000);
    assert!(time_of(Times::At(0)) > 1_000_000_000);
}

#[test]
fn of_two_files_of_one_name_the_last_counts() {
    let to = tempfile::tempdir().unwrap();
    let archive = Archive::new()
        .file("docs/a", "first")
        .hard_link("docs/b", "docs/a")
        .file("docs/a", "last")
        .finish();
    let expected = ["docs/ 0755", "docs/a 0644 \"last\"", "docs/b 0644 \"first\""];
    assert_eq!(unpacked(&archive, to.path()), expected);
}

#[test]
fn an_archive_of_another_digest_is_no_folder() {
    let to = tempfile::tempdir().unwrap();
    let archive = Archive::new().file("docs/a", "x").finish();
    let target = to.path().join("docs");
    let with = |bytes: &[u8]| UnpackOptions::default().with_tar_digest(Some(Algorithm::Sha512.digest(bytes)));

    let error = unpack(&archive[..], "docs", &target, &with(b"else")).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Verify);
    assert!(tree(to.path()).is_empty());

    let done = unpack(&archive[..], "docs", &target, &with(&archive)).unwrap();
    assert_eq!(
        (done.tar_digest, done.entries),
        (Algorithm::Sha512.digest(&archive), 1)
    );
}

#[test]
fn a_name_of_several_parts_is_one_folder() {
    let to = tempfile::tempdir().unwrap();
    let archive = Archive::new().file("a/b/c", "x").finish();
    unpack(
        &archive[..],
        "a/b",
        &to.path().join("here"),
        &UnpackOptions::default(),
    )
    .unwrap();
    assert_eq!(tree(to.path()), ["here/ 0755", "here/c 0644 \"x\""]);
}
