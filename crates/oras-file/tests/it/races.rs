//! Somebody who swaps folders for links while files are pulled.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use oras_file::{Durability, FileOptions, FileStore};

use crate::push;

#[tokio::test]
async fn nothing_outside_changes() {
    let (to, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(outside.path().join("e")).unwrap();
    fs::write(outside.path().join("e/a"), "mine").unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let swapping = std::thread::spawn({
        let (dir, outside, stop) = (to.path().to_owned(), outside.path().to_owned(), Arc::clone(&stop));
        move || {
            let mut swapped = 0;
            while !stop.load(Ordering::Relaxed) {
                if fs::rename(dir.join("d"), dir.join("aside")).is_ok() {
                    swapped += u64::from(symlink(&outside, dir.join("d")).is_ok());
                    std::thread::yield_now();
                    let _ = fs::remove_file(dir.join("d"));
                    let _ = fs::rename(dir.join("aside"), dir.join("d"));
                    let _ = fs::remove_dir_all(dir.join("aside"));
                }
            }
            swapped
        }
    });
    let opts = FileOptions::default().with_durability(Durability::None);
    for round in 0..10_000 {
        // It may fail; what it must not do is to write elsewhere.
        let store = FileStore::with_options(to.path(), opts.clone());
        let _ = push(&store, "d/e/a", &round.to_string()).await;
    }
    stop.store(true, Ordering::Relaxed);
    let swapped: u64 = swapping.join().unwrap();
    assert!(swapped > 100, "{swapped} folders were swapped");
    assert_eq!(fs::read(outside.path().join("e/a")).unwrap(), b"mine");
    assert_eq!(fs::read_dir(outside.path().join("e")).unwrap().count(), 1);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}
