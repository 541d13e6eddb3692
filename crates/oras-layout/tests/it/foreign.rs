//! Layouts written by other tools.

use std::fs;
use std::path::Path;

use oras_content::{Descriptor, ImageManifest, MediaType, PredecessorFinder, Store, StoreExt, WriterExt};
use oras_layout::LayoutStore;
use serde_json::{Value, json};

use crate::tags;

/// Writes a layout like an independent tool would.
fn write(dir: &Path, entries: &[Value], blobs: &[&[u8]]) {
    fs::create_dir_all(dir.join("blobs/sha256")).unwrap();
    fs::write(dir.join("oci-layout"), "{\"imageLayoutVersion\": \"1.0.0\"}\n").unwrap();
    let index = json!({"schemaVersion": 2, "manifests": entries});
    fs::write(dir.join("index.json"), index.to_string()).unwrap();
    for blob in blobs {
        let digest = Descriptor::of(MediaType::OCTET_STREAM, blob).digest;
        fs::write(dir.join("blobs/sha256").join(digest.encoded()), blob).unwrap();
    }
}

fn image(layer: &str) -> (Value, Vec<u8>) {
    let mut manifest = ImageManifest::new(Descriptor::empty_json());
    manifest
        .layers
        .push(Descriptor::of(MediaType::OCI_LAYER, layer.as_bytes()));
    let (descriptor, bytes) = manifest.to_content().into_parts();
    (serde_json::to_value(descriptor).unwrap(), bytes.to_vec())
}

#[tokio::test]
async fn a_single_image_without_a_name_is_found_by_digest() {
    let dir = tempfile::tempdir().unwrap();
    let (entry, bytes) = image("layer");
    write(
        dir.path(),
        std::slice::from_ref(&entry),
        &[&bytes, b"{}", b"layer"],
    );
    let store = LayoutStore::open(dir.path()).await.unwrap();
    assert!(tags(&store).await.is_empty());
    let root = store.roots().await.unwrap().remove(0);
    assert_eq!(
        store.resolve(entry["digest"].as_str().unwrap()).await.unwrap(),
        root
    );
    let layer = Descriptor::of(MediaType::OCI_LAYER, b"layer");
    assert_eq!(store.predecessors(&layer).await.unwrap()[0].digest, root.digest);
    assert_eq!(store.fetch_all(&layer, 5).await.unwrap().bytes(), "layer");
}

#[tokio::test]
async fn whole_names_of_images_are_tags() {
    let dir = tempfile::tempdir().unwrap();
    let (mut entry, bytes) = image("layer");
    entry["annotations"] = json!({"org.opencontainers.image.ref.name": "docker.io/library/app:v1"});
    write(dir.path(), &[entry], &[&bytes]);
    let store = LayoutStore::open(dir.path()).await.unwrap();
    assert_eq!(tags(&store).await, ["docker.io/library/app:v1"]);
    store.resolve("docker.io/library/app:v1").await.unwrap();
}

#[tokio::test]
async fn saved_docker_images_are_found_by_their_whole_name() {
    let dir = tempfile::tempdir().unwrap();
    let name =
        |name: &str| json!({"org.opencontainers.image.ref.name": "latest", "io.containerd.image.name": name});
    let ((mut one, one_bytes), (mut two, two_bytes)) = (image("one"), image("two"));
    one["annotations"] = name("docker.io/library/one:latest");
    two["annotations"] = name("docker.io/library/two:latest");
    write(dir.path(), &[one.clone(), two.clone()], &[&one_bytes, &two_bytes]);
    fs::write(dir.path().join("manifest.json"), "[]").unwrap();

    let store = LayoutStore::open(dir.path()).await.unwrap();
    let found = store.resolve("docker.io/library/one:latest").await.unwrap();
    assert_eq!(found.digest.as_str(), one["digest"]);
    let found = store.resolve("latest").await.unwrap();
    assert_eq!(found.digest.as_str(), two["digest"]);
    assert_eq!(tags(&store).await, ["latest"]);
}

#[tokio::test]
async fn missing_and_broken_manifests_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let ((good, bytes), (gone, _), (short, short_bytes)) = (image("good"), image("gone"), image("short"));
    let junk = Descriptor::of(MediaType::OCI_MANIFEST, b"junk");
    let huge = json!({
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": format!("sha256:{}", "1".repeat(64)),
        "size": i64::MAX,
    });
    let entries = [
        gone,
        serde_json::to_value(&junk).unwrap(),
        huge,
        short.clone(),
        good.clone(),
    ];
    write(dir.path(), &entries, &[&bytes, b"junk"]);
    let cut = short["digest"].as_str().unwrap().replace(':', "/");
    fs::write(dir.path().join("blobs").join(cut), &short_bytes[1..]).unwrap();

    let store = LayoutStore::open(dir.path()).await.unwrap();
    let config = Descriptor::empty_json();
    let found = store.predecessors(&config).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].digest.as_str(), good["digest"]);
    assert!(!store.exists(&junk).await.unwrap());
}

#[tokio::test]
async fn a_manifest_that_nothing_lists_is_listed_by_its_push() {
    let dir = tempfile::tempdir().unwrap();
    let (_, bytes) = image("orphan");
    write(dir.path(), &[], &[&bytes, b"{}", b"orphan"]);
    let store = LayoutStore::open(dir.path()).await.unwrap();
    let target = Descriptor::of(MediaType::OCI_MANIFEST, &bytes);
    assert!(!store.exists(&target).await.unwrap());
    let pushed = store.push_bytes(MediaType::OCI_MANIFEST, bytes).await;
    assert_eq!(pushed.unwrap(), target);
    assert!(store.exists(&target).await.unwrap());
    let again = LayoutStore::open(dir.path()).await.unwrap();
    assert_eq!(again.roots().await.unwrap(), [target]);
}

#[tokio::test]
async fn a_tag_lists_a_manifest_with_its_referrers() {
    let dir = tempfile::tempdir().unwrap();
    let (_, bytes) = image("orphan");
    write(dir.path(), &[], &[&bytes, b"{}", b"orphan"]);
    let store = LayoutStore::open(dir.path()).await.unwrap();
    let target = Descriptor::of(MediaType::OCI_MANIFEST, &bytes);
    store.tag(&target, "v1").await.unwrap();
    assert!(store.exists(&target).await.unwrap());
    let layer = Descriptor::of(MediaType::OCI_LAYER, b"orphan");
    assert_eq!(store.predecessors(&layer).await.unwrap().len(), 1);
    assert_eq!(store.roots().await.unwrap().len(), 1);
}
