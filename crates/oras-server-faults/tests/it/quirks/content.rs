//! Content and its names.

use hyper::Method;
use oras_content::{Descriptor, Digest, ImageManifest, MediaType};
use oras_server_faults::Quirk;
use serde_json::json;

use super::{follow, open};
use crate::setup::{OCI_INDEX, OCI_MANIFEST, document, index};

const DIGEST: &str = "docker-content-digest";

#[tokio::test]
async fn digests_can_be_missing() {
    for (quirk, method) in [(Quirk::NoDigestOnGet, "GET"), (Quirk::NoDigestOnHead, "HEAD")] {
        let registry = open([quirk]).await;
        let manifest = registry.push_image("a", "v1", b"layer").await;
        let blob = format!("/v2/a/blobs/{}", Digest::sha256(b"layer"));
        for path in [blob.as_str(), "/v2/a/manifests/v1"] {
            for asked in ["GET", "HEAD"] {
                let got = registry.call(asked, path).send().await.expect(200);
                assert_eq!(
                    got.header(DIGEST).is_none(),
                    asked == method,
                    "{quirk} {asked} {path}"
                );
            }
        }
        let put = registry.put_manifest("a", "v2", &manifest).await.expect(201);
        assert!(put.header(DIGEST).is_some());
    }
}

#[tokio::test]
async fn a_push_can_be_answered_without_digest_or_location() {
    for (quirk, header) in [
        (Quirk::NoDigestOnPut, DIGEST),
        (Quirk::NoCreatedLocation, "location"),
    ] {
        let registry = open([quirk]).await;
        let manifest = registry.image("a", b"layer").await;
        let put = registry.put_manifest("a", "v1", &manifest).await.expect(201);
        assert_eq!(put.header(header), None);
        let digest = Digest::sha256(b"x");
        let post = registry
            .call("POST", format!("/v2/a/blobs/uploads/?digest={digest}"))
            .body("x");
        assert_eq!(post.send().await.expect(201).header(header), None);
        assert!(
            registry
                .get("/v2/a/manifests/v1")
                .await
                .expect(200)
                .header(DIGEST)
                .is_some()
        );
    }
}

#[tokio::test]
async fn a_pushed_blob_can_be_said_to_be_anywhere() {
    let registry = open([Quirk::CreatedLocationForeign]).await;
    let digest = Digest::sha256(b"x");
    let post = registry
        .call("POST", format!("/v2/a/blobs/uploads/?digest={digest}"))
        .body("x");
    let location = post.send().await.expect(201).location();
    assert!(location.starts_with("https://storage.example.com/"), "{location}");
}

#[tokio::test]
async fn a_digest_can_be_empty() {
    let registry = open([Quirk::EmptyDigest]).await;
    registry.push_image("a", "v1", b"layer").await;
    assert_eq!(
        registry
            .get("/v2/a/manifests/v1")
            .await
            .expect(200)
            .header(DIGEST),
        Some("")
    );
}

#[tokio::test]
async fn head_of_a_manifest_can_fail() {
    for (quirk, status) in [
        (Quirk::HeadManifestForbidden, 403),
        (Quirk::HeadManifestMissing, 404),
        (Quirk::HeadManifestNotAllowed, 405),
        (Quirk::HeadManifestNotImplemented, 501),
    ] {
        let registry = open([quirk]).await;
        registry.push_image("a", "v1", b"layer").await;
        let head = registry
            .call("HEAD", "/v2/a/manifests/v1")
            .send()
            .await
            .expect(status);
        assert!(head.body.is_empty());
        registry.get("/v2/a/manifests/v1").await.expect(200);
    }
}

#[tokio::test]
async fn blobs_can_be_in_storage() {
    for quirks in [
        &[Quirk::BlobRedirect][..],
        &[Quirk::BlobRedirect, Quirk::BareStorage],
    ] {
        let registry = open(quirks.iter().copied()).await;
        let digest = registry.push_blob("a", b"hello").await;
        let path = format!("/v2/a/blobs/{digest}");
        for method in [Method::GET, Method::HEAD] {
            let url = registry
                .call(method.as_str(), &path)
                .send()
                .await
                .expect(307)
                .location();
            let second = registry.server.second_origin().unwrap().url();
            assert!(url.starts_with(&second), "{url}");
            follow("GET", &url)
                .header("authorization", "Bearer x")
                .send()
                .await
                .expect(400);
            let got = follow(method.as_str(), &url).send().await.expect(200);
            assert_eq!(got.header("content-length"), Some("5"));
            let is_bare = got.header(DIGEST).is_none();
            assert_eq!(is_bare, quirks.contains(&Quirk::BareStorage));
            assert_eq!(got.header("etag") == Some(&format!("\"{digest}\"")), !is_bare);
        }
        registry.get(path.replace("/a/", "/b/")).await.expect(404);
    }
}

#[tokio::test]
async fn content_can_be_compressed_or_said_to_be() {
    let registry = open([Quirk::Gzip]).await;
    registry.push_image("a", "v1", b"layer").await;
    let got = registry.get("/v2/a/manifests/v1").await.expect(200);
    assert_eq!(
        (got.header("content-encoding"), &got.body[..2]),
        (Some("gzip"), &[0x1f, 0x8b][..])
    );
    registry
        .get("/v2/a/manifests/v2")
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    let registry = open([Quirk::GzipLabel]).await;
    let digest = registry.push_blob("a", b"hello").await;
    let got = registry.get(format!("/v2/a/blobs/{digest}")).await.expect(200);
    assert_eq!(
        (got.header("content-encoding"), got.body.as_ref()),
        (Some("x-gzip"), &b"hello"[..])
    );
}

#[tokio::test]
async fn a_large_manifest_can_be_pushed_and_not_pulled() {
    let registry = open([Quirk::ManifestLimitOnPull]).await;
    let text =
        |len| json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [], "x": " ".repeat(len) });
    let large = document(OCI_INDEX, &text(4 << 20).to_string());
    registry.put_manifest("a", "large", &large).await.expect(201);
    registry.get("/v2/a/manifests/large").await.expect(500);
    let small = document(OCI_INDEX, &text(4000).to_string());
    registry.put_manifest("a", "small", &small).await.expect(201);
    registry.get("/v2/a/manifests/small").await.expect(200);
    let registry = open([Quirk::ManifestTooLargeInvalid]).await;
    let put = registry.put_manifest("a", "large", &large).await;
    put.expect_error(400, "MANIFEST_INVALID");
}

#[tokio::test]
async fn a_missing_manifest_can_be_unknown() {
    let registry = open([Quirk::UnknownNotFound]).await;
    registry
        .get("/v2/a/manifests/v1")
        .await
        .expect_error(404, "UNKNOWN");
}

#[tokio::test]
async fn a_blob_without_bytes_can_fail() {
    let registry = open([Quirk::NoEmptyBlob]).await;
    let digest = Digest::sha256(b"");
    registry
        .call("POST", format!("/v2/a/blobs/uploads/?digest={digest}"))
        .send()
        .await
        .expect(500);
    let session = registry.open_upload("a").await;
    registry
        .call("PUT", format!("{session}?digest={digest}"))
        .send()
        .await
        .expect(500);
    registry.push_blob("a", b"{}").await;
}

#[tokio::test]
async fn manifests_can_be_refused_for_what_they_are() {
    let config = |kind: &str| json!({ "mediaType": kind, "digest": Digest::sha256(b"{}"), "size": 2 });
    let image = config("application/vnd.oci.image.config.v1+json");
    let empty = config("application/vnd.oci.empty.v1+json");
    let layer = json!([{ "mediaType": "text/plain", "digest": Digest::sha256(b"{}"), "size": 2 }]);
    let manifest = json!({ "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": image, "layers": layer });
    let with = |name: &str, value: serde_json::Value| {
        let mut document = manifest.clone();
        document[name] = value;
        document
    };
    let mut without = manifest.clone();
    without.as_object_mut().unwrap().remove("mediaType");
    for (quirk, refused, status) in [
        (Quirk::LayersRequired, with("layers", json!([])), 400),
        (Quirk::NoEmptyConfig, with("config", empty.clone()), 400),
        (Quirk::NoArtifacts, with("artifactType", json!("a/b")), 400),
        (Quirk::NoArtifacts, with("config", empty), 400),
        (Quirk::MediaTypeRequired, without, 405),
    ] {
        let registry = open([quirk]).await;
        registry.push_blob("a", b"{}").await;
        let put = |document: &serde_json::Value| {
            let call = registry
                .call("PUT", "/v2/a/manifests/v1")
                .header("content-type", OCI_MANIFEST);
            call.body(document.to_string()).send()
        };
        put(&refused).await.expect(status);
        put(&manifest).await.expect(201);
    }
}

#[tokio::test]
async fn an_index_of_half_copied_images_can_be_refused() {
    let registry = open([Quirk::DeepCheck]).await;
    let image = registry.push_image("a", "v1", b"layer").await;
    let whole = index(&[image.descriptor()]);
    registry.put_manifest("a", "whole", &whole).await.expect(201);
    registry
        .call("DELETE", format!("/v2/a/blobs/{}", Digest::sha256(b"layer")))
        .send()
        .await
        .expect(202);
    let put = registry.put_manifest("a", "half", &whole).await;
    put.expect_error(404, "MANIFEST_BLOB_UNKNOWN");
}

#[tokio::test]
async fn deletes_can_be_refused() {
    for (quirk, by_tag, by_digest) in [
        (Quirk::ManifestDeleteNotAllowed, 202, 405),
        (Quirk::ManifestDeleteMissing, 202, 404),
        (Quirk::TagDeleteInvalid, 400, 202),
        (Quirk::DeleteNeedsUntag, 202, 202),
    ] {
        let registry = open([quirk]).await;
        let manifest = registry.push_image("a", "v1", b"layer").await;
        let digest = &manifest.descriptor().digest;
        let delete = |name: String| registry.call("DELETE", format!("/v2/a/manifests/{name}")).send();
        if quirk == Quirk::DeleteNeedsUntag {
            delete(digest.to_string()).await.expect(400);
        }
        delete("v1".to_owned()).await.expect(by_tag);
        delete(digest.to_string()).await.expect(by_digest);
    }
}

#[tokio::test]
async fn referrers_can_be_missing_in_many_ways() {
    let subject = Descriptor::of(MediaType::OCI_MANIFEST, b"subject");
    let path = format!("/v2/a/referrers/{}", subject.digest);
    for (quirk, status) in [
        (Quirk::ReferrersMissing, 404),
        (Quirk::ReferrersInvalid, 400),
        (Quirk::ReferrersNotAllowed, 405),
        (Quirk::ReferrersNotAcceptable, 406),
        (Quirk::ReferrersLoginPage, 307),
    ] {
        let registry = open([quirk]).await;
        let got = registry.get(&path).await.expect(status);
        if status == 307 {
            let page = registry.get(got.location()).await.expect(200);
            assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        }
        registry.push_blob("a", b"{}").await;
        let mut manifest = ImageManifest::new(Descriptor::empty_json());
        manifest.subject = Some(subject.clone());
        let put = registry
            .put_manifest("a", "v1", &manifest.to_content())
            .await
            .expect(201);
        assert_eq!(put.header("oci-subject"), None);
    }
}

#[tokio::test]
async fn the_tag_for_referrers_can_be_the_subject() {
    let registry = open([Quirk::ReferrersTagResolves]).await;
    let manifest = registry.push_image("a", "v1", b"layer").await;
    let digest = &manifest.descriptor().digest;
    registry
        .get(format!("/v2/a/referrers/{digest}"))
        .await
        .expect(404);
    let tag = digest.as_str().replace(':', "-");
    let got = registry.get(format!("/v2/a/manifests/{tag}")).await.expect(200);
    assert_eq!(got.body, *manifest.bytes());
    // Other tags are not meant, nor is who writes one.
    let signature = registry.image("a", b"signature").await;
    for tag in [format!("{tag}.sig"), tag.clone(), "sha256-short".to_owned()] {
        registry.put_manifest("a", &tag, &signature).await.expect(201);
    }
    for (tag, manifest) in [(format!("{tag}.sig"), &signature), (tag, &manifest)] {
        let got = registry.get(format!("/v2/a/manifests/{tag}")).await.expect(200);
        assert_eq!(got.body, *manifest.bytes(), "{tag}");
    }
}
