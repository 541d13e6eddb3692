//! Somebody who swaps folders for links while an archive is unpacked.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use oras_archive::{UnpackOptions, unpack};

use crate::archives::Archive;
use crate::tree::tree;

/// Renames folders away in `dir`, puts links to `outside` in their place, and takes them away again.
fn swap(dir: &Path, outside: &Path, stop: &AtomicBool) -> u64 {
    let mut swapped = 0;
    while !stop.load(Ordering::Relaxed) {
        for folder in [dir.join("docs/d"), dir.join("docs")]
            .into_iter()
            .chain(staged(dir))
        {
            let aside = dir.join("aside");
            if fs::rename(&folder, &aside).is_ok() {
                swapped += u64::from(symlink(outside, &folder).is_ok());
                std::thread::yield_now();
                let _ = fs::remove_file(&folder);
                let _ = fs::rename(&aside, &folder);
                let _ = fs::remove_dir_all(&aside);
            }
        }
    }
    swapped
}

/// The folder that is being unpacked, and one in it.
fn staged(dir: &Path) -> Vec<std::path::PathBuf> {
    let names = fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path());
    let staged = names.filter(|path| path.to_string_lossy().contains(".oras-tmp-"));
    staged.flat_map(|path| [path.join("d"), path]).collect()
}

#[test]
fn nothing_outside_changes() {
    let (to, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(outside.path().join("d")).unwrap();
    fs::write(outside.path().join("d/a"), "mine").unwrap();
    let before = tree(outside.path());
    let archive = Archive::new()
        .folder("docs/d")
        .file("docs/d/a", "x")
        .file("docs/d/e/b", "x")
        .entry(b'5', "docs/d", "", 0o777, b"")
        .finish();
    let opts = UnpackOptions::default().with_durability(oras_fs::Durability::None);
    let stop = AtomicBool::new(false);

    let swapped = std::thread::scope(|scope| {
        let swapping = scope.spawn(|| swap(to.path(), outside.path(), &stop));
        for _ in 0..10_000 {
            // It may fail; what it must not do is to write elsewhere.
            let _ = unpack(&archive[..], "docs", &to.path().join("docs"), &opts);
        }
        stop.store(true, Ordering::Relaxed);
        swapping.join().unwrap()
    });

    assert!(swapped > 100, "{swapped} folders were swapped");
    assert_eq!(tree(outside.path()), before);
}
