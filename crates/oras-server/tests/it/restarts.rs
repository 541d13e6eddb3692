//! Uploads that go on after the server was restarted on the same folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use oras_content::{Algorithm, Digest};
use oras_server::{FolderBackend, ServerOptions};
use oras_server_faults::Server;
use tempfile::TempDir;

use crate::setup::Registry;
use crate::uploads::read;

async fn serve(dir: &Path) -> Registry {
    serve_with(dir, ServerOptions::default()).await
}

async fn serve_with(dir: &Path, options: ServerOptions) -> Registry {
    let backend = FolderBackend::open(dir).unwrap();
    Registry::over(
        Server::start(options.with_backend(Arc::new(backend)))
            .await
            .unwrap(),
    )
}

/// An upload of `hello ` to the repository `a/b`, whose server is gone.
async fn left_behind() -> (TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let registry = serve(dir.path()).await;
    let session = registry.open_upload("a/b").await;
    registry
        .call("PATCH", &session)
        .body("hello ")
        .send()
        .await
        .expect(202);
    registry.stop().await;
    (dir, session)
}

fn parts(dir: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(dir.join("a/b/blobs")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    files
        .filter(|path| path.to_str().unwrap().contains(".oras-part-"))
        .collect()
}

#[tokio::test]
async fn an_upload_goes_on_after_a_restart() {
    let (dir, session) = left_behind().await;
    let registry = serve(dir.path()).await;
    let status = registry.get(&session).await.expect(204);
    assert_eq!(status.header("range"), Some("0-5"));
    assert_eq!(status.location(), session);
    let patch = registry
        .call("PATCH", &session)
        .header("content-range", "6-8")
        .body("wor");
    assert_eq!(patch.send().await.expect(202).header("range"), Some("0-8"));
    registry.stop().await;

    let registry = serve(dir.path()).await;
    let digest = Digest::sha256(b"hello world");
    let put = registry.call("PUT", format!("{session}?digest={digest}"));
    put.header("content-range", "9-10")
        .body("ld")
        .send()
        .await
        .expect(201);
    assert_eq!(
        read(&registry, "a/b", &digest).await.expect(200).body,
        "hello world"
    );
    assert_eq!(parts(dir.path()), [] as [PathBuf; 0]);
    registry
        .get(&session)
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn whatever_comes_first_finds_it() {
    let digest = Algorithm::Sha512.digest(b"hello world");
    for method in ["PATCH", "PUT"] {
        let (dir, session) = left_behind().await;
        let registry = serve(dir.path()).await;
        let call = registry
            .call(method, format!("{session}?digest={digest}"))
            .body("world");
        let reply = call.send().await;
        match method {
            "PUT" => drop(reply.expect(201)),
            _ => drop(reply.expect(202)),
        }
        if method == "PATCH" {
            let put = registry.call("PUT", format!("{session}?digest={digest}"));
            put.send().await.expect(201);
        }
        assert_eq!(read(&registry, "a/b", &digest).await.body, "hello world");
    }
}

#[tokio::test]
async fn an_upload_without_bytes_is_found_too() {
    let dir = tempfile::tempdir().unwrap();
    let registry = serve(dir.path()).await;
    let session = registry.open_upload("a/b").await;
    registry.stop().await;
    let registry = serve(dir.path()).await;
    assert_eq!(
        registry.get(&session).await.expect(204).header("range"),
        Some("0-0")
    );
    let digest = Digest::sha256(b"hello");
    let put = registry
        .call("PUT", format!("{session}?digest={digest}"))
        .body("hello");
    put.send().await.expect(201);
}

#[tokio::test]
async fn requests_at_once_find_the_same_upload() {
    let (dir, session) = left_behind().await;
    let registry = serve(dir.path()).await;
    let ask = || registry.get(&session);
    let (one, two, three) = tokio::join!(ask(), ask(), ask());
    for reply in [one, two, three] {
        assert_eq!(reply.expect(204).header("range"), Some("0-5"));
    }
}

#[tokio::test]
async fn it_is_an_upload_to_its_repository_only() {
    let (dir, session) = left_behind().await;
    let registry = serve(dir.path()).await;
    registry.push_blob("other", b"x").await;
    for elsewhere in ["/v2/other/", "/v2/none/", "/v2/a/"] {
        let path = session.replace("/v2/a/b/", elsewhere);
        registry.get(path).await.expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    }
    registry.get(&session).await.expect(204);
}

#[tokio::test]
async fn an_id_is_no_path() {
    let (dir, session) = left_behind().await;
    let registry = serve(dir.path()).await;
    let id = session.rsplit('/').next().unwrap();
    for wrong in [
        format!(".%2F{id}"),
        format!("..%2Fblobs%2F.oras-part-{id}"),
        id.to_uppercase().replace(char::is_numeric, "A"),
        id[1..].to_owned(),
        format!("{id}0"),
    ] {
        let path = session.replace(id, &wrong);
        let reply = registry.get(path).await;
        assert_eq!(reply.status, 404, "{wrong}");
    }
    registry.get(&session).await.expect(204);
}

#[tokio::test]
async fn what_was_ended_does_not_come_back() {
    for end in ["cancelled", "refused", "lost"] {
        let (dir, session) = left_behind().await;
        let registry = serve(dir.path()).await;
        let other = Digest::sha256(b"other");
        match end {
            "cancelled" => drop(registry.call("DELETE", &session).send().await.expect(204)),
            "refused" => {
                let put = registry.call("PUT", format!("{session}?digest={other}"));
                put.send().await.expect_error(400, "DIGEST_INVALID");
            }
            _ => fs::remove_file(&parts(dir.path())[0]).unwrap(),
        }
        assert_eq!(parts(dir.path()), [] as [PathBuf; 0], "{end}");
        registry
            .get(&session)
            .await
            .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
        registry.stop().await;
        let registry = serve(dir.path()).await;
        registry
            .get(&session)
            .await
            .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    }
}

#[tokio::test]
async fn an_upload_that_is_too_old_is_gone() {
    let options = || ServerOptions::default().with_upload_lifetime(Duration::from_secs(60));
    let old = std::time::SystemTime::now() - Duration::from_secs(61);
    let (dir, session) = left_behind().await;
    let part = fs::File::options()
        .write(true)
        .open(&parts(dir.path())[0])
        .unwrap();
    part.set_modified(old).unwrap();
    drop(part);
    let registry = serve_with(dir.path(), options()).await;
    registry
        .get(&session)
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    assert_eq!(parts(dir.path()), [] as [PathBuf; 0]);

    let (dir, session) = left_behind().await;
    let young = serve_with(dir.path(), options()).await;
    let fresh = young.open_upload("a/b").await;
    assert_eq!(parts(dir.path()).len(), 2);
    young.get(&session).await.expect(204);
    young.stop().await;
    for part in parts(dir.path()) {
        let part = fs::File::options().write(true).open(part).unwrap();
        part.set_modified(old).unwrap();
    }
    // The next upload to the repository takes the old ones away, asked for or not.
    let registry = serve_with(dir.path(), options()).await;
    registry.open_upload("a/b").await;
    assert_eq!(parts(dir.path()).len(), 1);
    registry.get(fresh).await.expect_error(404, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn two_servers_on_a_folder_do_not_share_an_upload() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (serve(dir.path()).await, serve(dir.path()).await);
    let session = one.open_upload("a/b").await;
    one.call("PATCH", &session)
        .body("hello ")
        .send()
        .await
        .expect(202);
    other.get(&session).await.expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    let own = other.open_upload("a/b").await;
    assert_eq!(parts(dir.path()).len(), 2);
    let patch = one.call("PATCH", &session).body("world").send().await.expect(202);
    assert_eq!(patch.header("range"), Some("0-10"));
    one.stop().await;
    let digest = Digest::sha256(b"hello world");
    let put = other.call("PUT", format!("{session}?digest={digest}"));
    put.send().await.expect(201);
    other.get(&own).await.expect(204);
}

#[tokio::test]
async fn what_reached_the_disk_is_what_is_reported() {
    let (dir, session) = left_behind().await;
    let part = parts(dir.path()).remove(0);
    assert_eq!(fs::read(&part).unwrap(), b"hello ");
    fs::write(&part, "hell").unwrap();
    let registry = serve(dir.path()).await;
    assert_eq!(
        registry.get(&session).await.expect(204).header("range"),
        Some("0-3")
    );
    let early = registry
        .call("PATCH", &session)
        .header("content-range", "6-8")
        .body("wor");
    early.send().await.expect_error(416, "BLOB_UPLOAD_INVALID");
    let digest = Digest::sha256(b"hello");
    let put = registry.call("PUT", format!("{session}?digest={digest}"));
    put.header("content-range", "4-4")
        .body("o")
        .send()
        .await
        .expect(201);
}

#[tokio::test]
async fn found_uploads_count_as_open() {
    let (dir, session) = left_behind().await;
    let options = || ServerOptions::default().with_upload_limit(1);
    let registry = serve_with(dir.path(), options()).await;
    registry.open_upload("a/b").await;
    registry.get(&session).await.expect_error(429, "TOOMANYREQUESTS");
    registry.stop().await;
    let registry = serve_with(dir.path(), options()).await;
    registry.get(&session).await.expect(204);
    let second = registry.call("POST", "/v2/a/b/blobs/uploads/").send().await;
    second.expect_error(429, "TOOMANYREQUESTS");
}

#[tokio::test]
async fn a_read_only_server_leaves_uploads_alone() {
    let (dir, session) = left_behind().await;
    let backend = FolderBackend::open(dir.path()).unwrap().read_only();
    let options = ServerOptions::default().with_backend(Arc::new(backend));
    let registry = Registry::over(Server::start(options).await.unwrap());
    registry
        .get(&session)
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    registry.stop().await;
    serve(dir.path()).await.get(&session).await.expect(204);
}
