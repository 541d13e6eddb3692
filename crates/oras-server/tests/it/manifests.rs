//! Manifests: reading, writing and deleting them.

use oras_content::Digest;
use serde_json::json;

use crate::on_every_backend;
use crate::setup::{Kind, OCI_INDEX, OCI_MANIFEST, document, index, start};

on_every_backend!(
    a_manifest_comes_back_by_tag_and_by_digest,
    the_bytes_are_those_that_were_pushed,
    a_tag_can_be_moved,
    deleting_a_tag_keeps_the_manifest,
    deleting_a_manifest_takes_its_tags,
    a_blob_is_not_a_manifest,
    bytes_that_were_a_blob_become_a_manifest,
    a_client_that_has_it_is_told_so,
    a_deleted_child_is_gone_though_its_index_stays,
);

async fn a_manifest_comes_back_by_tag_and_by_digest(kind: Kind) {
    let registry = start(kind).await;
    let manifest = registry.image("a/b", b"layer").await;
    let digest = manifest.descriptor().digest.clone();
    let put = registry.put_manifest("a/b", "v1", &manifest).await.expect(201);
    assert_eq!(put.location(), format!("/v2/a/b/manifests/{digest}"));
    assert_eq!(put.header("docker-content-digest"), Some(digest.as_str()));
    for reference in ["v1", digest.as_str()] {
        let got = registry
            .get(format!("/v2/a/b/manifests/{reference}"))
            .await
            .expect(200);
        assert_eq!(got.body, manifest.bytes());
        assert_eq!(got.header("content-type"), Some(OCI_MANIFEST));
        assert_eq!(got.header("docker-content-digest"), Some(digest.as_str()));
        assert_eq!(got.header("etag"), Some(format!("\"{digest}\"").as_str()));
        assert_eq!(
            got.header("docker-distribution-api-version"),
            Some("registry/2.0")
        );
        let head = registry
            .call("HEAD", format!("/v2/a/b/manifests/{reference}"))
            .send()
            .await
            .expect(200);
        assert_eq!(head.header("content-length"), got.header("content-length"));
    }
    registry
        .get("/v2/a/b/manifests/v2")
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    let other = Digest::sha256(b"other");
    registry
        .get(format!("/v2/a/b/manifests/{other}"))
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    registry
        .get("/v2/none/manifests/v1")
        .await
        .expect_error(404, "NAME_UNKNOWN");
}

async fn the_bytes_are_those_that_were_pushed(kind: Kind) {
    let registry = start(kind).await;
    let text = " {\"extra\" : 1e400,\n \"manifests\":null, \"schemaVersion\":2 } \n";
    let odd = document(OCI_INDEX, text);
    registry.put_manifest("a", "odd", &odd).await.expect(201);
    assert_eq!(registry.get("/v2/a/manifests/odd").await.expect(200).body, text);
}

async fn a_tag_can_be_moved(kind: Kind) {
    let registry = start(kind).await;
    let one = registry.push_image("a", "latest", b"one").await;
    let two = registry.push_image("a", "latest", b"two").await;
    assert_eq!(registry.get("/v2/a/manifests/latest").await.body, two.bytes());
    let digest = &one.descriptor().digest;
    assert_eq!(
        registry.get(format!("/v2/a/manifests/{digest}")).await.body,
        one.bytes()
    );
    registry.put_manifest("a", "latest", &one).await.expect(201);
    assert_eq!(registry.get("/v2/a/manifests/latest").await.body, one.bytes());
}

async fn deleting_a_tag_keeps_the_manifest(kind: Kind) {
    let registry = start(kind).await;
    let manifest = registry.push_image("a", "v1", b"layer").await;
    registry
        .call("DELETE", "/v2/a/manifests/v1")
        .send()
        .await
        .expect(202);
    registry
        .get("/v2/a/manifests/v1")
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    registry
        .call("DELETE", "/v2/a/manifests/v1")
        .send()
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    let digest = &manifest.descriptor().digest;
    registry
        .get(format!("/v2/a/manifests/{digest}"))
        .await
        .expect(200);
}

async fn deleting_a_manifest_takes_its_tags(kind: Kind) {
    let registry = start(kind).await;
    let manifest = registry.push_image("a", "v1", b"layer").await;
    registry.put_manifest("a", "v2", &manifest).await.expect(201);
    let path = format!("/v2/a/manifests/{}", manifest.descriptor().digest);
    registry.call("DELETE", &path).send().await.expect(202);
    for reference in [path.as_str(), "/v2/a/manifests/v1", "/v2/a/manifests/v2"] {
        registry
            .get(reference)
            .await
            .expect_error(404, "MANIFEST_UNKNOWN");
    }
    assert_eq!(registry.get("/v2/a/tags/list").await.json()["tags"], json!([]));
    registry
        .call("DELETE", &path)
        .send()
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    registry.put_manifest("a", "v1", &manifest).await.expect(201);
}

async fn a_blob_is_not_a_manifest(kind: Kind) {
    let registry = start(kind).await;
    let blob = registry.push_blob("a", b"{}").await;
    let manifest = registry.push_image("a", "v1", b"layer").await;
    for method in ["GET", "DELETE"] {
        let as_manifest = registry
            .call(method, format!("/v2/a/manifests/{blob}"))
            .send()
            .await;
        as_manifest.expect_error(404, "MANIFEST_UNKNOWN");
    }
    let as_blob = format!("/v2/a/blobs/{}", manifest.descriptor().digest);
    registry
        .call("DELETE", as_blob)
        .send()
        .await
        .expect_error(405, "UNSUPPORTED");
    registry.get("/v2/a/manifests/v1").await.expect(200);
}

async fn bytes_that_were_a_blob_become_a_manifest(kind: Kind) {
    let registry = start(kind).await;
    let manifest = registry.image("a", b"layer").await;
    let digest = registry.push_blob("a", manifest.bytes()).await;
    registry
        .get(format!("/v2/a/manifests/{digest}"))
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    registry.put_manifest("a", "v1", &manifest).await.expect(201);
    for reference in ["v1", digest.as_str()] {
        let got = registry
            .get(format!("/v2/a/manifests/{reference}"))
            .await
            .expect(200);
        assert_eq!(got.header("content-type"), Some(OCI_MANIFEST));
    }
    registry.get(format!("/v2/a/blobs/{digest}")).await.expect(200);
}

async fn a_client_that_has_it_is_told_so(kind: Kind) {
    let registry = start(kind).await;
    let manifest = registry.push_image("a", "v1", b"layer").await;
    let tag = format!("\"{}\"", manifest.descriptor().digest);
    let same = registry
        .call("GET", "/v2/a/manifests/v1")
        .header("if-none-match", tag)
        .send()
        .await;
    assert_eq!(same.expect(304).body, "");
}

async fn a_deleted_child_is_gone_though_its_index_stays(kind: Kind) {
    let registry = start(kind).await;
    let child = registry.push_image("a", "child", b"layer").await;
    let parent = index(&[child.descriptor()]);
    registry.put_manifest("a", "parent", &parent).await.expect(201);
    let path = format!("/v2/a/manifests/{}", child.descriptor().digest);
    registry
        .call("DELETE", "/v2/a/manifests/child")
        .send()
        .await
        .expect(202);
    registry.call("HEAD", &path).send().await.expect(200);
    registry.call("DELETE", &path).send().await.expect(202);
    for method in ["HEAD", "GET", "DELETE"] {
        registry.call(method, &path).send().await.expect(404);
    }
    registry.get("/v2/a/manifests/parent").await.expect(200);
    registry
        .call("DELETE", "/v2/a/manifests/parent")
        .send()
        .await
        .expect(202);
    let path = format!("/v2/a/manifests/{}", parent.descriptor().digest);
    registry.call("DELETE", &path).send().await.expect(202);
    registry.call("HEAD", &path).send().await.expect(404);
}
