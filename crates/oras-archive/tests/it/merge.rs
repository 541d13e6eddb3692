//! Unpacking into a folder that is there.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use oras_archive::{PackOptions, UnpackOptions, pack, unpack};
use oras_content::{ErrorChain, ErrorKind, Result};

use crate::archives::Archive;
use crate::tree::tree;

fn merge(archive: &[u8], dir: &Path) -> Result<()> {
    unpack(archive, "docs", &dir.join("docs"), &UnpackOptions::default()).map(drop)
}

fn prepared() -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    fs::create_dir_all(to.path().join("docs/both")).unwrap();
    fs::write(to.path().join("docs/both/old"), "old").unwrap();
    fs::write(to.path().join("docs/a"), "old").unwrap();
    to
}

#[test]
fn what_the_archive_has_replaces_what_is_there_and_the_rest_stays() {
    let to = prepared();
    fs::set_permissions(to.path().join("docs/both"), fs::Permissions::from_mode(0o750)).unwrap();
    let archive = Archive::new()
        .folder("docs/")
        .file("docs/a", "new")
        .folder("docs/both/")
        .file("docs/both/new", "new")
        .entry(b'5', "docs/more/", "", 0o500, b"")
        .entry(b'5', "docs/more/inner/", "", 0o555, b"")
        .file("docs/more/inner/c", "new")
        .symlink("docs/link", "a")
        .finish();
    let expected = [
        "docs/ 0755",
        "docs/a 0644 \"new\"",
        "docs/both/ 0750",
        "docs/both/new 0644 \"new\"",
        "docs/both/old 0644 \"old\"",
        "docs/link -> a",
        "docs/more/ 0500",
        "docs/more/inner/ 0555",
        "docs/more/inner/c 0644 \"new\"",
    ];
    // The second time, everything is there.
    for _ in 0..2 {
        merge(&archive, to.path()).unwrap();
        assert_eq!(tree(to.path()), expected);
    }
}

#[test]
fn nothing_changes_where_a_file_is_in_the_way_of_a_folder_or_the_other_way_round() {
    let to = prepared();
    let before = tree(to.path());
    for archive in [
        Archive::new().file("docs/0", "new").file("docs/a/b", "new"),
        Archive::new().file("docs/0", "new").file("docs/both", "new"),
    ] {
        let error = merge(&archive.finish(), to.path()).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Refused, "{}", ErrorChain(&error));
        assert_eq!(tree(to.path()), before);
    }
}

#[test]
fn links_in_the_folder_are_replaced_and_not_followed() {
    let to = prepared();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("a"), "mine").unwrap();
    fs::remove_file(to.path().join("docs/a")).unwrap();
    symlink(outside.path().join("a"), to.path().join("docs/a")).unwrap();
    symlink(outside.path(), to.path().join("docs/dir")).unwrap();

    merge(&Archive::new().file("docs/a", "new").finish(), to.path()).unwrap();
    assert_eq!(fs::read(outside.path().join("a")).unwrap(), b"mine");
    assert_eq!(fs::read(to.path().join("docs/a")).unwrap(), b"new");

    let error = merge(&Archive::new().file("docs/dir/a", "new").finish(), to.path()).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Refused);
    assert_eq!(fs::read(outside.path().join("a")).unwrap(), b"mine");
}

#[test]
fn a_link_or_file_of_the_name_of_the_folder_is_kept() {
    let archive = Archive::new().file("docs/a", "new").finish();
    let outside = tempfile::tempdir().unwrap();
    let to = tempfile::tempdir().unwrap();
    symlink(outside.path(), to.path().join("docs")).unwrap();
    assert_eq!(
        *merge(&archive, to.path()).unwrap_err().kind(),
        ErrorKind::Refused
    );
    assert!(tree(outside.path()).is_empty());

    fs::remove_file(to.path().join("docs")).unwrap();
    fs::write(to.path().join("docs"), "mine").unwrap();
    assert_eq!(
        *merge(&archive, to.path()).unwrap_err().kind(),
        ErrorKind::Refused
    );
    assert_eq!(tree(to.path()), ["docs 0644 \"mine\""]);
}

#[test]
fn overwriting_can_be_disabled() {
    let to = prepared();
    let before = tree(to.path());
    let archive = Archive::new().file("docs/new", "new").finish();
    let opts = UnpackOptions::default().with_overwrite_disabled(true);
    let error = unpack(&archive[..], "docs", &to.path().join("docs"), &opts).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::WouldOverwrite);
    assert_eq!(tree(to.path()), before);
}

#[test]
fn a_folder_is_filled_from_within() {
    let to = prepared();
    let before = tree(to.path());
    let (from, mut archive) = (tempfile::tempdir().unwrap(), Vec::new());
    fs::create_dir(from.path().join("new")).unwrap();
    fs::write(from.path().join("new/file"), "new").unwrap();
    pack(from.path(), ".", &PackOptions::default(), &mut archive).unwrap();
    let opts = UnpackOptions::default()
        .with_into_folder(true)
        .with_overwrite_disabled(true);
    unpack(&archive[..], ".", to.path(), &opts).unwrap();
    let mut filled = tree(to.path());
    filled.retain(|entry| !before.contains(entry));
    assert_eq!(filled, ["new/ 0755", "new/file 0644 \"new\""]);

    let all = tree(to.path());
    let error = unpack(&archive[..], ".", to.path(), &opts).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::WouldOverwrite);
    assert!(error.to_string().ends_with("new/file"), "{error}");
    assert_eq!(tree(to.path()), all);
    unpack(&archive[..], ".", to.path(), &opts.with_overwrite_disabled(false)).unwrap();
    assert_eq!(tree(to.path()), all);
}
