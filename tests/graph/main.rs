//! A graph of 10,000 manifests, and in a thorough run of 100,000 nodes, is copied in less than 96 MiB in all. A process of its
//! own, because it looks at its own high-water mark.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use oras::{CopyOptions, LayoutStore, copy};
use oras_tests::{Work, is_thorough, peak_memory, write_graph};

const MANIFESTS: usize = 10_000;
const LIMIT: u64 = 96 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_manifests_need_no_96_mebibytes() {
    let work = Work::in_memory().unwrap();
    let layers = if is_thorough() { 9 } else { 1 };
    write_graph(&work.path("from"), MANIFESTS, layers);
    let source = LayoutStore::open(work.path("from")).await.unwrap();
    let copied = LayoutStore::create(work.path("to")).await.unwrap();

    copy(&source, "v1", &copied, "v1", &CopyOptions::default())
        .await
        .unwrap();

    let peak = peak_memory();
    println!(
        "{} nodes took {} MiB in all",
        MANIFESTS * (1 + layers),
        peak >> 20
    );
    assert!(peak < LIMIT, "{} MiB", peak >> 20);
    let blobs = work.path("to").join("blobs").join("sha256");
    assert_eq!(
        std::fs::read_dir(blobs).unwrap().count(),
        MANIFESTS * (1 + layers) + 2
    );
}
