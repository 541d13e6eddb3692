//! A manifest of very many children, and in a thorough run an index of five of them, needs little more memory than an
//! empty one. A process of its own, because it looks at its own high-water mark.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::path::Path;

use oras::{CopyOptions, Digest, LayoutStore, copy};
use oras_tests::{is_thorough, peak_memory};

const CHILDREN: usize = 20_000;
const LIMIT: u64 = 64 << 20;

fn descriptor(layout: &Path, media_type: &str, content: &[u8]) -> String {
    let digest = Digest::sha256(content);
    let blobs = layout.join("blobs").join("sha256");
    std::fs::write(blobs.join(digest.encoded()), content).unwrap();
    let size = content.len();
    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}}}"#)
}

/// A layout with an index of so many manifests of so many layers each, which is tagged `v1`. Written by hand, so that
/// making it costs no memory.
fn write_layout(layout: &Path, manifests: usize, layers: usize) {
    std::fs::create_dir_all(layout.join("blobs").join("sha256")).unwrap();
    std::fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let manifests: Vec<String> = (0..manifests)
        .map(|manifest| write_manifest(layout, manifest, layers))
        .collect();
    let media_type = "application/vnd.oci.image.index.v1+json";
    let all = format!(
        r#"{{"schemaVersion":2,"mediaType":"{media_type}","manifests":[{}]}}"#,
        manifests.join(",")
    );
    let all = descriptor(layout, media_type, all.as_bytes());
    let named = all.replace(
        '}',
        r#","annotations":{"org.opencontainers.image.ref.name":"v1"}}"#,
    );
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{named}]}}"#);
    std::fs::write(layout.join("index.json"), index).unwrap();
}

fn write_manifest(layout: &Path, number: usize, layers: usize) -> String {
    let config = descriptor(layout, "application/vnd.oci.empty.v1+json", b"{}");
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let mut manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{media_type}","artifactType":"t/x","config":{config},"layers":["#
    );
    for layer in 0..layers {
        let comma = if layer == 0 { "" } else { "," };
        let layer = descriptor(layout, "text/plain", format!("{number} {layer}").as_bytes());
        write!(manifest, "{comma}{layer}").unwrap();
    }
    manifest.push_str("]}");
    descriptor(layout, media_type, manifest.as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_children_need_no_64_mebibytes_more_than_none() {
    let folder = tempfile::tempdir().unwrap();
    let [empty, wide] = ["empty", "wide"].map(|name| folder.path().join(name));
    let manifests = if is_thorough() { 5 } else { 1 };
    write_layout(&empty, 1, 0);
    write_layout(&wide, manifests, CHILDREN);
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
