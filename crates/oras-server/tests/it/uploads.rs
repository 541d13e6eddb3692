//! Uploads: at once, in one piece, in chunks, and not to their end.

use std::time::Duration;

use oras_content::{Algorithm, Digest};
use oras_server::ServerOptions;

use crate::client::Reply;
use crate::on_every_backend;
use crate::setup::{Kind, Registry, start, start_with};

on_every_backend!(
    one_request_is_enough,
    post_then_put,
    wrong_digests_are_refused,
    every_known_algorithm_is_verified,
    a_cancelled_upload_is_gone,
    a_session_belongs_to_its_repository,
    sessions_expire,
    too_many_sessions_are_429,
    too_large_blobs_are_413,
    pushing_again_is_fine,
    what_is_pushed_again_is_verified_again,
);

pub(crate) async fn read(registry: &Registry, repository: &str, digest: &Digest) -> Reply {
    registry.get(format!("/v2/{repository}/blobs/{digest}")).await
}

async fn one_request_is_enough(kind: Kind) {
    let registry = start(kind).await;
    let digest = Digest::sha256(b"hello");
    let path = format!("/v2/a/b/blobs/uploads/?digest={digest}");
    let post = registry.call("POST", path).body("hello").send().await.expect(201);
    assert_eq!(post.location(), format!("/v2/a/b/blobs/{digest}"));
    assert_eq!(post.header("docker-content-digest"), Some(digest.as_str()));
    assert_eq!(read(&registry, "a/b", &digest).await.expect(200).body, "hello");
}

async fn post_then_put(kind: Kind) {
    let registry = start(kind).await;
    let digest = Digest::sha256(b"hello");
    let post = registry
        .call("POST", "/v2/a/blobs/uploads/")
        .send()
        .await
        .expect(202);
    assert_eq!(post.header("range"), Some("0-0"));
    let session = post.location();
    let encoded = digest.as_str().replace(':', "%3A");
    let put = registry
        .call("PUT", format!("{session}?digest={encoded}"))
        .body("hello")
        .send()
        .await
        .expect(201);
    assert_eq!(put.location(), format!("/v2/a/blobs/{digest}"));
    assert_eq!(read(&registry, "a", &digest).await.body, "hello");
    registry
        .get(&session)
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
}

async fn wrong_digests_are_refused(kind: Kind) {
    let registry = start(kind).await;
    let other = Digest::sha256(b"other");
    let path = format!("/v2/a/blobs/uploads/?digest={other}");
    registry
        .call("POST", path)
        .body("hello")
        .send()
        .await
        .expect_error(400, "DIGEST_INVALID");
    let session = registry.open_upload("a").await;
    for digest in ["sha256:bad", "sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g", ""] {
        let put = registry
            .call("PUT", format!("{session}?digest={digest}"))
            .body("hello")
            .send()
            .await;
        put.expect_error(400, "DIGEST_INVALID");
    }
    registry
        .call("PUT", &session)
        .body("hello")
        .send()
        .await
        .expect_error(400, "DIGEST_INVALID");
    registry
        .call("PATCH", &session)
        .body("hello")
        .send()
        .await
        .expect(202);
    let put = registry
        .call("PUT", format!("{session}?digest={other}"))
        .send()
        .await;
    put.expect_error(400, "DIGEST_INVALID");
    registry
        .get(&session)
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    read(&registry, "a", &other)
        .await
        .expect_error(404, "BLOB_UNKNOWN");
}

async fn every_known_algorithm_is_verified(kind: Kind) {
    let registry = start(kind).await;
    for algorithm in [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512] {
        let digest = algorithm.digest(b"hello");
        let path = format!("/v2/a/blobs/uploads/?digest-algorithm={}", algorithm.name());
        let session = registry.call("POST", path).send().await.expect(202).location();
        let wrong = algorithm.digest(b"other");
        let again = registry.open_upload("a").await;
        let put = registry
            .call("PUT", format!("{again}?digest={wrong}"))
            .body("hello")
            .send()
            .await;
        put.expect_error(400, "DIGEST_INVALID");
        registry
            .call("PUT", format!("{session}?digest={digest}"))
            .body("hello")
            .send()
            .await
            .expect(201);
        let got = read(&registry, "a", &digest).await.expect(200);
        assert_eq!(got.header("docker-content-digest"), Some(digest.as_str()));
    }
    let unknown = registry
        .call("POST", "/v2/a/blobs/uploads/?digest-algorithm=md5")
        .send()
        .await;
    unknown.expect_error(400, "DIGEST_INVALID");
}

async fn a_cancelled_upload_is_gone(kind: Kind) {
    let registry = start(kind).await;
    let session = registry.open_upload("a").await;
    registry
        .call("PATCH", &session)
        .body("hello")
        .send()
        .await
        .expect(202);
    registry.call("DELETE", &session).send().await.expect(204);
    for method in ["GET", "PATCH", "PUT", "DELETE"] {
        registry
            .call(method, &session)
            .send()
            .await
            .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    }
}

async fn a_session_belongs_to_its_repository(kind: Kind) {
    let registry = start(kind).await;
    let session = registry.open_upload("a").await;
    let elsewhere = session.replace("/v2/a/", "/v2/b/");
    registry
        .call("PATCH", &elsewhere)
        .body("x")
        .send()
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    registry.get(&session).await.expect(204);
    let made_up = format!("/v2/a/blobs/uploads/{}", "0".repeat(32));
    registry
        .get(made_up)
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
}

async fn sessions_expire(kind: Kind) {
    let options = ServerOptions::default()
        .with_upload_lifetime(Duration::ZERO)
        .with_upload_limit(1);
    let registry = start_with(kind, options).await;
    let session = registry.open_upload("a").await;
    registry
        .get(&session)
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    registry.open_upload("a").await;
    registry.open_upload("a").await;
}

async fn too_many_sessions_are_429(kind: Kind) {
    let registry = start_with(kind, ServerOptions::default().with_upload_limit(1)).await;
    let session = registry.open_upload("a").await;
    let second = registry.call("POST", "/v2/a/blobs/uploads/").send().await;
    second.expect_error(429, "TOOMANYREQUESTS");
    registry.call("DELETE", &session).send().await.expect(204);
    registry.open_upload("a").await;
}

async fn too_large_blobs_are_413(kind: Kind) {
    let registry = start_with(kind, ServerOptions::default().with_blob_limit(5)).await;
    registry.push_blob("a", b"12345").await;
    let digest = Digest::sha256(b"123456");
    let path = format!("/v2/a/blobs/uploads/?digest={digest}");
    registry
        .call("POST", path)
        .body("123456")
        .send()
        .await
        .expect_error(413, "SIZE_INVALID");
    let session = registry.open_upload("a").await;
    registry
        .call("PATCH", &session)
        .body("123")
        .send()
        .await
        .expect(202);
    registry
        .call("PATCH", &session)
        .body("456")
        .send()
        .await
        .expect_error(413, "SIZE_INVALID");
}

async fn pushing_again_is_fine(kind: Kind) {
    let registry = start(kind).await;
    for _ in 0..2 {
        registry.push_blob("a", b"hello").await;
        let session = registry.open_upload("a").await;
        let digest = Digest::sha256(b"hello");
        registry
            .call("PUT", format!("{session}?digest={digest}"))
            .body("hello")
            .send()
            .await
            .expect(201);
    }
}

async fn what_is_pushed_again_is_verified_again(kind: Kind) {
    let registry = start(kind).await;
    let digest = registry.push_blob("a", b"hello").await;
    for body in ["jello", "hello ", ""] {
        let post = format!("/v2/a/blobs/uploads/?digest={digest}");
        let posted = registry.call("POST", post).body(body).send().await;
        posted.expect_error(400, "DIGEST_INVALID");
        let session = registry.open_upload("a").await;
        let put = registry.call("PUT", format!("{session}?digest={digest}"));
        put.body(body).send().await.expect_error(400, "DIGEST_INVALID");
    }
    assert_eq!(read(&registry, "a", &digest).await.expect(200).body, "hello");
}
