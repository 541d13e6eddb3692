//! A layer in memory over a folder that is only read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use oras_conformance::Suite;
use oras_content::{Digest, Verified};
use oras_server::{Backend, FolderBackend, MemoryBackend, OverlayBackend, ServerOptions};
use oras_server_faults::Server;
use serde_json::json;
use tempfile::TempDir;

use crate::setup::{Registry, image};

async fn serve(backend: Arc<dyn Backend>) -> Registry {
    Registry::over(
        Server::start(ServerOptions::default().with_backend(backend))
            .await
            .unwrap(),
    )
}

async fn overlaid(dir: &Path) -> Registry {
    serve(Arc::new(FolderBackend::open(dir).unwrap().with_memory_overlay())).await
}

/// A folder with the repository `a`: an image with the tags `v1` and `v2`, one with the tag `other`, and a referrer.
struct Folder {
    dir: TempDir,
    image: Verified,
    other: Verified,
    referrer: Verified,
    before: BTreeMap<String, Digest>,
}

impl Folder {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let registry = serve(Arc::new(FolderBackend::open(dir.path()).unwrap())).await;
        let image = registry.push_image("a", "v1", b"layer").await;
        registry.put_manifest("a", "v2", &image).await.expect(201);
        let other = registry.push_image("a", "other", b"other").await;
        let referrer = registry.attach("a", image.descriptor(), "below/x").await;
        registry.stop().await;
        let before = tree(dir.path());
        Self {
            dir,
            image,
            other,
            referrer,
            before,
        }
    }

    /// Checks that not a byte of the folder is another one.
    #[track_caller]
    fn is_as_before(&self) {
        assert_eq!(tree(self.dir.path()), self.before);
    }
}

/// Every file and folder, with what it has in it and when it was written.
fn tree(dir: &Path) -> BTreeMap<String, Digest> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let written = fs::metadata(&path).unwrap().modified().unwrap();
        let mut content = format!("{written:?} ").into_bytes();
        match path.is_dir() {
            true => found.extend(tree(&path)),
            false => content.extend(fs::read(&path).unwrap()),
        }
        found.insert(path.display().to_string(), Digest::sha256(&content));
    }
    found
}

fn manifest(reference: impl std::fmt::Display) -> String {
    format!("/v2/a/manifests/{reference}")
}

fn by_digest(content: &Verified) -> String {
    manifest(&content.descriptor().digest)
}

async fn tags(registry: &Registry) -> serde_json::Value {
    registry.get("/v2/a/tags/list").await.expect(200).json()["tags"].clone()
}

#[tokio::test]
async fn it_keeps_the_promises_of_every_store() {
    for below in ["nothing", "an empty repository"] {
        Suite::new(|| async {
            let backend = MemoryBackend::new();
            if below != "nothing" {
                backend.store("a");
            }
            let overlay = OverlayBackend::new(Arc::new(backend));
            overlay.open("a", true).await.unwrap().unwrap()
        })
        .with_ranges()
        .with_manifests()
        .with_names()
        .with_untag()
        .with_tag_list()
        .with_delete()
        .with_predecessors()
        .with_predecessors_deleted()
        .with_staged_ranges()
        .run()
        .await;
    }
}

#[tokio::test]
async fn what_is_below_is_read() {
    let folder = Folder::new().await;
    let registry = overlaid(folder.dir.path()).await;
    assert_eq!(
        registry.get(manifest("v1")).await.expect(200).body,
        folder.image.bytes()
    );
    let blob = format!("/v2/a/blobs/{}", Digest::sha256(b"layer"));
    let part = registry
        .call("GET", &blob)
        .header("range", "bytes=1-2")
        .send()
        .await;
    assert_eq!(part.expect(206).body, "ay");
    assert_eq!(tags(&registry).await, json!(["other", "v1", "v2"]));
    assert_eq!(
        registry.get("/v2/_catalog").await.json(),
        json!({ "repositories": ["a"] })
    );
    registry.stop().await;
    folder.is_as_before();
}

#[tokio::test]
async fn what_is_pushed_is_above() {
    let folder = Folder::new().await;
    let registry = overlaid(folder.dir.path()).await;
    let new = registry.push_image("a", "v1", b"new").await;
    assert_eq!(registry.get(manifest("v1")).await.expect(200).body, new.bytes());
    assert_eq!(
        registry.get(manifest("v2")).await.expect(200).body,
        folder.image.bytes()
    );
    registry.put_manifest("a", "v3", &folder.image).await.expect(201);
    assert_eq!(
        registry.get(manifest("v3")).await.expect(200).body,
        folder.image.bytes()
    );
    registry.push_image("b/c", "v1", b"new").await;
    assert_eq!(tags(&registry).await, json!(["other", "v1", "v2", "v3"]));
    let page = registry.get("/v2/a/tags/list?n=2&last=other").await;
    assert_eq!(page.json()["tags"], json!(["v1", "v2"]));
    assert_eq!(
        page.header("link"),
        Some("</v2/a/tags/list?last=v2&n=2>; rel=\"next\"")
    );
    assert_eq!(
        registry.get("/v2/_catalog").await.json(),
        json!({ "repositories": ["a", "b/c"] })
    );
    registry.stop().await;
    folder.is_as_before();
    // All of it was in memory.
    let again = overlaid(folder.dir.path()).await;
    assert_eq!(
        again.get(manifest("v1")).await.expect(200).body,
        folder.image.bytes()
    );
    again
        .get("/v2/b/c/tags/list")
        .await
        .expect_error(404, "NAME_UNKNOWN");
}

#[tokio::test]
async fn a_manifest_needs_no_blob_twice() {
    let folder = Folder::new().await;
    let registry = overlaid(folder.dir.path()).await;
    let both = image(b"layer");
    assert_eq!(both.bytes(), folder.image.bytes());
    registry.put_manifest("a", "again", &both).await.expect(201);
    let session = registry.open_upload("a").await;
    let digest = Digest::sha256(b"layer");
    let put = registry.call("PUT", format!("{session}?digest={digest}"));
    put.body("layer").send().await.expect(201);
    let wrong = registry.open_upload("a").await;
    let put = registry.call("PUT", format!("{wrong}?digest={digest}"));
    put.body("lying").send().await.expect_error(400, "DIGEST_INVALID");
    let mount = registry.call("POST", format!("/v2/b/blobs/uploads/?mount={digest}&from=a"));
    mount.send().await.expect(201);
    assert_eq!(
        registry
            .get(format!("/v2/b/blobs/{digest}"))
            .await
            .expect(200)
            .body,
        "layer"
    );
    registry.stop().await;
    folder.is_as_before();
}

#[tokio::test]
async fn a_deleted_tag_is_hidden() {
    let folder = Folder::new().await;
    let registry = overlaid(folder.dir.path()).await;
    let delete = || registry.call("DELETE", manifest("v1")).send();
    delete().await.expect(202);
    registry
        .get(manifest("v1"))
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    delete().await.expect_error(404, "MANIFEST_UNKNOWN");
    assert_eq!(tags(&registry).await, json!(["other", "v2"]));
    registry.get(by_digest(&folder.image)).await.expect(200);
    // A new tag of this name is above, and goes without the old one coming back.
    registry.put_manifest("a", "v1", &folder.other).await.expect(201);
    assert_eq!(
        registry.get(manifest("v1")).await.expect(200).body,
        folder.other.bytes()
    );
    delete().await.expect(202);
    registry
        .get(manifest("v1"))
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    registry.stop().await;
    folder.is_as_before();
}

#[tokio::test]
async fn a_deleted_manifest_is_hidden_with_its_tags() {
    let folder = Folder::new().await;
    let registry = overlaid(folder.dir.path()).await;
    registry.put_manifest("a", "v3", &folder.image).await.expect(201);
    let path = by_digest(&folder.image);
    registry.call("DELETE", &path).send().await.expect(202);
    for gone in [path.clone(), manifest("v1"), manifest("v2"), manifest("v3")] {
        registry.get(gone).await.expect_error(404, "MANIFEST_UNKNOWN");
    }
    assert_eq!(tags(&registry).await, json!(["other"]));
    registry
        .put_manifest("a", "back", &folder.image)
        .await
        .expect(201);
    assert_eq!(registry.get(path).await.expect(200).body, folder.image.bytes());
    assert_eq!(tags(&registry).await, json!(["back", "other"]));
    registry.stop().await;
    folder.is_as_before();
}

#[tokio::test]
async fn a_deleted_blob_is_hidden() {
    let folder = Folder::new().await;
    let registry = overlaid(folder.dir.path()).await;
    let path = format!("/v2/a/blobs/{}", Digest::sha256(b"layer"));
    registry.call("DELETE", &path).send().await.expect(202);
    registry.get(&path).await.expect_error(404, "BLOB_UNKNOWN");
    registry
        .call("DELETE", &path)
        .send()
        .await
        .expect_error(404, "BLOB_UNKNOWN");
    let put = registry.put_manifest("a", "v9", &folder.image).await;
    put.expect_error(404, "MANIFEST_BLOB_UNKNOWN");
    registry.push_blob("a", b"layer").await;
    assert_eq!(registry.get(&path).await.expect(200).body, "layer");
    registry.put_manifest("a", "v9", &folder.image).await.expect(201);
    registry.stop().await;
    folder.is_as_before();
}

#[tokio::test]
async fn referrers_are_those_of_both() {
    let folder = Folder::new().await;
    let registry = overlaid(folder.dir.path()).await;
    let subject = folder.image.descriptor();
    let above = registry.attach("a", subject, "above/x").await;
    let list = || async {
        let path = format!("/v2/a/referrers/{}", subject.digest);
        let index = registry.get(path).await.expect(200).json();
        let manifests = index["manifests"].as_array().unwrap().iter();
        let mut types: Vec<String> = manifests
            .map(|node| node["artifactType"].as_str().unwrap().to_owned())
            .collect();
        types.sort();
        types
    };
    assert_eq!(list().await, ["above/x", "below/x"]);
    registry
        .put_manifest("a", "ref", &folder.referrer)
        .await
        .expect(201);
    assert_eq!(list().await, ["above/x", "below/x"]);
    registry
        .call("DELETE", by_digest(&folder.referrer))
        .send()
        .await
        .expect(202);
    assert_eq!(list().await, ["above/x"]);
    registry
        .call("DELETE", by_digest(&above))
        .send()
        .await
        .expect(202);
    assert_eq!(list().await, [""; 0]);
    registry.stop().await;
    folder.is_as_before();
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_enough() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new().await;
    let set = |mode| {
        for path in ["a", "a/blobs", "a/blobs/sha256", ""] {
            let path = folder.dir.path().join(path);
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    set(0o555);
    let registry = overlaid(folder.dir.path()).await;
    registry.push_image("a", "new", b"new").await;
    registry.push_image("c", "new", b"new").await;
    registry.call("DELETE", manifest("v1")).send().await.expect(202);
    registry.stop().await;
    set(0o755);
    folder.is_as_before();
}
