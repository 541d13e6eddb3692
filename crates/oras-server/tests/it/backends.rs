//! Backends: what is kept, where, and for how long.

use std::path::Path;
use std::sync::Arc;

use oras_content::{Descriptor, ImageManifest, MediaType, WriterExt};
use oras_layout::LayoutStore;
use oras_memory::MemoryStore;
use oras_server::{Error, FolderBackend, MemoryBackend, ServerOptions, StoreBackend};
use oras_server_faults::Server;
use serde_json::json;

use crate::client::{Call, call};
use crate::setup::{Kind, OCI_INDEX, Registry, document, index, start};

async fn serve(backend: FolderBackend) -> Server {
    let options = ServerOptions::default().with_backend(Arc::new(backend));
    Server::start(options).await.unwrap()
}

fn get(server: &Server, path: impl AsRef<str>) -> Call {
    call(server.addr(), "GET", path.as_ref())
}

/// A layout with an image in it, which an index leads to.
async fn layout(dir: &Path) -> Descriptor {
    let store = LayoutStore::create(dir).await.unwrap();
    store.push_bytes(MediaType::OCI_EMPTY, "{}").await.unwrap();
    let image = ImageManifest::new(Descriptor::empty_json()).to_content();
    store
        .push_bytes(MediaType::OCI_MANIFEST, image.bytes().clone())
        .await
        .unwrap();
    let root = index(&[image.descriptor()]);
    let root = store
        .push_bytes(MediaType::OCI_INDEX, root.bytes().clone())
        .await
        .unwrap();
    store.tag(&root, "v1").await.unwrap();
    image.descriptor().clone()
}

#[tokio::test]
async fn a_folder_outlives_its_server() {
    let dir = tempfile::tempdir().unwrap();
    let first = serve(FolderBackend::open(dir.path()).unwrap()).await;
    let registry = Registry::over(first);
    let image = registry.push_image("a/b", "v1", b"layer").await;
    let referrer = registry
        .attach("a/b", image.descriptor(), "application/vnd.example")
        .await;
    registry.push_blob("a", b"blob").await;
    registry.stop().await;

    let second = serve(FolderBackend::open(dir.path()).unwrap()).await;
    let got = get(&second, "/v2/a/b/manifests/v1").send().await.expect(200);
    assert_eq!(got.body, image.bytes());
    let digest = &image.descriptor().digest;
    let found = get(&second, format!("/v2/a/b/referrers/{digest}"))
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(
        found["manifests"][0]["digest"],
        json!(referrer.descriptor().digest)
    );
    let all = get(&second, "/v2/_catalog").send().await.json();
    assert_eq!(all["repositories"], json!(["a", "a/b"]));
}

#[tokio::test]
async fn repositories_may_be_within_each_other_in_any_order() {
    for order in [
        ["a", "a/b", "a/b/c"],
        ["a/b/c", "a", "a/b"],
        ["a/b/c", "a/b", "a"],
    ] {
        let registry = start(Kind::Folder).await;
        for name in order {
            registry.push_image(name, "v1", name.as_bytes()).await;
        }
        for name in order {
            registry.get(format!("/v2/{name}/manifests/v1")).await.expect(200);
        }
    }
}

#[tokio::test]
async fn what_was_left_of_an_attempt_is_in_nobodys_way() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::over(serve(FolderBackend::open(dir.path()).unwrap()).await);
    registry.push_blob("a/b", b"hello").await;
    // As after an attempt to make the repository on a full disk.
    std::fs::write(dir.path().join("a/.oras.lock"), "").unwrap();
    std::fs::write(dir.path().join("a/.oras-marker"), "").unwrap();
    registry.push_blob("a", b"hello").await;
    let catalog = registry.get("/v2/_catalog").await.json();
    assert_eq!(catalog["repositories"], json!(["a", "a/b"]));
    let left = std::fs::read_dir(dir.path().join("a")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.contains(&".oras-marker".into()), "{left:?}");
}

#[tokio::test]
async fn parts_of_layouts_are_no_repositories() {
    let registry = start(Kind::Folder).await;
    registry.push_blob("a", b"blob").await;
    for name in [
        "a/blobs",
        "a/blobs/sha256",
        "a/index.json",
        "a/oci-layout",
        "blobs",
    ] {
        registry
            .get(format!("/v2/{name}/tags/list"))
            .await
            .expect_error(404, "NAME_UNKNOWN");
        let post = registry
            .call("POST", format!("/v2/{name}/blobs/uploads/"))
            .send()
            .await;
        post.expect_error(400, "NAME_INVALID");
    }
    let catalog = registry.get("/v2/_catalog").await.json();
    assert_eq!(catalog["repositories"], json!(["a"]));
}

#[tokio::test]
async fn a_layout_is_one_repository() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("my-app");
    let image = layout(&path).await;
    for (backend, name) in [
        (FolderBackend::open(&path).unwrap(), "my-app"),
        (FolderBackend::open_layout(&path, "team/app").unwrap(), "team/app"),
    ] {
        let server = serve(backend).await;
        let catalog = get(&server, "/v2/_catalog").send().await.json();
        assert_eq!(catalog["repositories"], json!([name]));
        get(&server, format!("/v2/{name}/manifests/v1"))
            .send()
            .await
            .expect(200);
        let child = get(&server, format!("/v2/{name}/manifests/{}", image.digest))
            .send()
            .await;
        assert_eq!(
            child.expect(200).header("content-type"),
            Some(image.media_type.as_str())
        );
        let post = call(server.addr(), "POST", "/v2/other/blobs/uploads/")
            .send()
            .await;
        post.expect_error(404, "NAME_UNKNOWN");
        let post = call(server.addr(), "POST", &format!("/v2/{name}/blobs/uploads/"))
            .send()
            .await;
        post.expect(202);
    }
}

#[tokio::test]
async fn names_that_are_no_tags_are_not_listed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("my-app");
    let image = layout(&path).await;
    let store = LayoutStore::open(&path).await.unwrap();
    store.tag(&image, "example.com/my-app:v2").await.unwrap();
    let server = serve(FolderBackend::open(&path).unwrap()).await;
    let got = get(&server, "/v2/my-app/tags/list?n=1").send().await.expect(200);
    assert_eq!(got.json()["tags"], json!(["v1"]));
    assert_eq!(got.header("link"), None);
}

#[tokio::test]
async fn read_only_means_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    layout(&dir.path().join("app")).await;
    let server = serve(FolderBackend::open(dir.path()).unwrap().read_only()).await;
    let manifest = get(&server, "/v2/app/manifests/v1").send().await.expect(200);
    for (method, path) in [
        ("POST", "/v2/app/blobs/uploads/"),
        ("POST", "/v2/new/blobs/uploads/"),
        ("PUT", "/v2/app/manifests/v2"),
        ("DELETE", "/v2/app/manifests/v1"),
    ] {
        let sent = call(server.addr(), method, path)
            .body(manifest.body.clone())
            .send()
            .await;
        let refused = sent.expect_error(405, "UNSUPPORTED");
        let allowed = if method == "POST" { "" } else { "GET, HEAD" };
        assert_eq!(refused.header("allow"), Some(allowed), "{method} {path}");
    }
    let digest = Descriptor::empty_json().digest;
    let mount = format!("/v2/new/blobs/uploads/?mount={digest}&from=app");
    call(server.addr(), "POST", &mount)
        .send()
        .await
        .expect_error(405, "UNSUPPORTED");
    assert!(!dir.path().join("new").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_mount_is_a_hard_link() {
    use std::os::unix::fs::MetadataExt as _;

    let dir = tempfile::tempdir().unwrap();
    let server = serve(FolderBackend::open(dir.path()).unwrap()).await;
    let registry = Registry::over(server);
    let digest = registry.push_blob("a", b"hello").await;
    let mount = format!("/v2/b/blobs/uploads/?mount={digest}&from=a");
    registry.call("POST", mount).send().await.expect(201);
    let file = |name: &str| {
        let path = dir.path().join(name).join("blobs/sha256").join(digest.encoded());
        std::fs::metadata(path).unwrap()
    };
    assert_eq!(file("a").ino(), file("b").ino());
}

#[tokio::test]
async fn what_others_write_to_a_folder_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(FolderBackend::open(dir.path()).unwrap()).await;
    get(&server, "/v2/late/manifests/v1")
        .send()
        .await
        .expect_error(404, "NAME_UNKNOWN");
    layout(&dir.path().join("late")).await;
    get(&server, "/v2/late/manifests/v1").send().await.expect(200);
    std::fs::remove_dir_all(dir.path().join("late")).unwrap();
    get(&server, "/v2/late/manifests/v1")
        .send()
        .await
        .expect_error(404, "NAME_UNKNOWN");
}

#[test]
fn folders_that_cannot_be_served_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let fails = |opened: Result<FolderBackend, Error>| matches!(opened, Err(Error::Backend { .. }));
    assert!(fails(FolderBackend::open(dir.path().join("missing"))));
    assert!(fails(FolderBackend::open_layout(dir.path(), "app")));
    let upper = dir.path().join("Upper");
    std::fs::create_dir(&upper).unwrap();
    std::fs::write(upper.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    assert!(fails(FolderBackend::open(&upper)));
    assert!(fails(FolderBackend::open_layout(&upper, "Upper")));
}

#[tokio::test]
async fn stores_of_the_caller_are_served_under_their_names() {
    let store = MemoryStore::new();
    let blob = store.push_bytes(MediaType::OCTET_STREAM, "hello").await.unwrap();
    let backend = StoreBackend::new()
        .with_store("x/y", Arc::new(store.clone()))
        .with_store("z", Arc::new(MemoryStore::new()));
    let server = Server::start(ServerOptions::default().with_backend(Arc::new(backend)))
        .await
        .unwrap();
    get(&server, format!("/v2/x/y/blobs/{}", blob.digest))
        .send()
        .await
        .expect(200);
    let mount = format!("/v2/z/blobs/uploads/?mount={}&from=x/y", blob.digest);
    call(server.addr(), "POST", &mount).send().await.expect(201);
    let catalog = get(&server, "/v2/_catalog").send().await.json();
    assert_eq!(catalog["repositories"], json!(["x/y", "z"]));
    let post = call(server.addr(), "POST", "/v2/new/blobs/uploads/").send().await;
    post.expect_error(404, "NAME_UNKNOWN");
}

#[tokio::test]
async fn memory_can_be_filled_past_http() {
    let backend = MemoryBackend::new();
    let blob = backend
        .store("a")
        .push_bytes(MediaType::OCTET_STREAM, "hello")
        .await
        .unwrap();
    let server = Server::start(ServerOptions::default().with_backend(Arc::new(backend)))
        .await
        .unwrap();
    let got = get(&server, format!("/v2/a/blobs/{}", blob.digest))
        .send()
        .await
        .expect(200);
    assert_eq!(got.body, "hello");
}

#[tokio::test]
async fn what_a_layout_lists_and_lacks_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app");
    let image = layout(&path).await;
    std::fs::remove_file(path.join("blobs/sha256").join(image.digest.encoded())).unwrap();
    let server = serve(FolderBackend::open(&path).unwrap()).await;
    for method in ["GET", "HEAD"] {
        let path = format!("/v2/app/manifests/{}", image.digest);
        call(server.addr(), method, &path).send().await.expect(404);
    }
}

#[tokio::test]
async fn what_is_damaged_is_not_there_and_can_be_pushed_again() {
    for damage in ["short", "empty", "link"] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app");
        let registry = Registry::over(serve(FolderBackend::open(dir.path()).unwrap()).await);
        let image = registry.push_image("app", "v2", b"layer").await;
        let digest = &image.descriptor().digest;
        let file = path.join("blobs/sha256").join(digest.encoded());
        std::fs::remove_file(&file).unwrap();
        match damage {
            "short" => std::fs::write(&file, &image.bytes()[..9]).unwrap(),
            "empty" => std::fs::write(&file, "").unwrap(),
            _ => std::os::unix::fs::symlink("/etc/hosts", &file).unwrap(),
        }
        for (name, code) in [
            ("manifests/v2".to_owned(), "MANIFEST_UNKNOWN"),
            (format!("manifests/{digest}"), "MANIFEST_UNKNOWN"),
            (format!("blobs/{digest}"), "BLOB_UNKNOWN"),
        ] {
            let name = format!("/v2/app/{name}");
            registry.call("HEAD", &name).send().await.expect(404);
            let got = registry.get(&name).await.expect_error(404, code);
            let text = String::from_utf8_lossy(&got.body);
            assert!(!text.contains(dir.path().to_str().unwrap()), "{text}");
        }
        // Neither here nor there is anything to mount.
        for to in ["app", "other"] {
            let mount = format!("/v2/{to}/blobs/uploads/?mount={digest}&from=app");
            registry.call("POST", mount).send().await.expect(202);
        }
        registry.put_manifest("app", "v2", &image).await.expect(201);
        let got = registry.get("/v2/app/manifests/v2").await.expect(200);
        assert_eq!(got.body, *image.bytes(), "{damage}");
    }
}

#[tokio::test]
async fn a_folder_that_is_something_else_is_no_repository() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("notes")).unwrap();
    std::fs::write(dir.path().join("notes/a.txt"), "a").unwrap();
    let server = serve(FolderBackend::open(dir.path()).unwrap()).await;
    let post = call(server.addr(), "POST", "/v2/notes/blobs/uploads/")
        .send()
        .await;
    let post = post.expect_error(400, "NAME_INVALID");
    let text = String::from_utf8_lossy(&post.body);
    assert!(!text.contains(dir.path().to_str().unwrap()), "{text}");
}

#[tokio::test]
async fn a_manifest_above_the_usual_limit_is_in_nobodys_way_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let start = || async {
        let backend = FolderBackend::open(dir.path()).unwrap();
        let options = ServerOptions::default()
            .with_backend(Arc::new(backend))
            .with_manifest_limit(8 * 1024 * 1024);
        Registry::over(Server::start(options).await.unwrap())
    };
    let registry = start().await;
    let image = registry.push_image("a", "v1", b"layer").await;
    let large = document(
        OCI_INDEX,
        &json!({ "schemaVersion": 2, "manifests": [], "annotations": { "x": "y".repeat(5 << 20) } })
            .to_string(),
    );
    registry.put_manifest("a", "large", &large).await.expect(201);
    registry.stop().await;
    let registry = start().await;
    let image = image.descriptor().digest.to_string();
    let layer = oras_content::Digest::sha256(b"layer");
    for path in [
        "manifests/v1".to_owned(),
        format!("manifests/{image}"),
        format!("blobs/{layer}"),
        format!("referrers/{image}"),
        "manifests/large".to_owned(),
        format!("manifests/{}", large.descriptor().digest),
    ] {
        let path = format!("/v2/a/{path}");
        registry.get(&path).await.expect(200);
        registry.call("HEAD", &path).send().await.expect(200);
    }
    registry.push_image("a", "v2", b"layer two").await;
    let delete = format!("/v2/a/manifests/{}", large.descriptor().digest);
    registry.call("DELETE", delete).send().await.expect(202);
}
