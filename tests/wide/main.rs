//! A manifest of very many children, and in a thorough run an index of five of them, needs little more memory than an
//! empty one. A process of its own, because it looks at its own high-water mark.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::path::Path;

use oras::{CopyOptions, LayoutStore, copy};
use oras_tests::{is_thorough, peak_memory, write_graph};

const CHILDREN: usize = 20_000;
const LIMIT: u64 = 64 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_children_need_no_64_mebibytes_more_than_none() {
    let folder = tempfile::tempdir().unwrap();
    let [empty, wide] = ["empty", "wide"].map(|name| folder.path().join(name));
    let manifests = if is_thorough() { 5 } else { 1 };
    write_graph(&empty, 1, 0);
    write_graph(&wide, manifests, CHILDREN);
    let options = CopyOptions::default();
    let through = async |from: &Path, name: &str| {
        let source = LayoutStore::open(from).await.unwrap();
        let copied = LayoutStore::create(folder.path().join(name)).await.unwrap();
        copy(&source, "v1", &copied, "v1", &options).await.unwrap();
    };

    through(&empty, "none").await;
    let before = peak_memory();
    through(&wide, "many").await;

    let more = peak_memory() - before;
    println!("{} blobs took {} MiB more", manifests * CHILDREN, more >> 20);
    assert!(more < LIMIT, "{} MiB more", more >> 20);
    let blobs = folder.path().join("many").join("blobs").join("sha256");
    assert_eq!(
        std::fs::read_dir(blobs).unwrap().count(),
        manifests * (CHILDREN + 1) + 2
    );
}
