//! Somebody who swaps folders for links while an archive is unpacked.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(target_os = "linux")]
use oras_archive::{Compression, PackOptions, pack};
use oras_archive::{UnpackOptions, unpack};
#[cfg(target_os = "linux")]
use rustix::fs::{CWD, FileType, Mode, RenameFlags};

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
            // What was still written to when it was removed would be in the way for good.
            let _ = fs::remove_dir_all(&aside);
            if fs::rename(&folder, &aside).is_ok() {
                swapped += u64::from(symlink(outside, &folder).is_ok());
                std::thread::yield_now();
                let _ = fs::remove_file(&folder);
                let _ = fs::rename(&aside, &folder);
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

/// What is packed is what is in the folder, not what a link leads to that took the place of a file; and a pipe without
/// anybody at its other end is not waited for.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_becomes_a_link_or_a_pipe_is_not_followed() {
    let (from, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (file, secret) = (from.path().join("a"), outside.path().join("secret"));
    fs::write(&secret, "secret").unwrap();
    let (link, pipe) = (outside.path().join("link"), outside.path().join("pipe"));
    fs::write(&file, "public").unwrap();
    symlink(&secret, &link).unwrap();
    rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).unwrap();
    let exchange = |other: &Path| {
        rustix::fs::renameat_with(CWD, &file, CWD, other, RenameFlags::EXCHANGE).unwrap();
    };
    let stop = AtomicBool::new(false);

    let (packed, leaked) = std::thread::scope(|scope| {
        let swapping = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                for other in [&link, &link, &pipe, &pipe] {
                    exchange(other);
                }
            }
        });
        let opts = PackOptions::default().with_compression(Compression::None);
        let (mut packed, mut leaked) = (0, 0);
        for _ in 0..10_000 {
            let mut archive = Vec::new();
            let done = pack(from.path(), "docs", &opts, &mut archive);
            packed += u64::from(done.is_ok());
            // The content of a file starts a block; the target of a link is within a header.
            leaked += archive
                .chunks(512)
                .filter(|block| block.starts_with(b"secret"))
                .count();
        }
        stop.store(true, Ordering::Relaxed);
        swapping.join().unwrap();
        (packed, leaked)
    });
    assert_eq!(leaked, 0, "what a link led to was packed");
    assert!(packed > 100, "{packed} archives were made");
}
