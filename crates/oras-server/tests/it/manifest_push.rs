//! Manifests on their way in: what is taken, under which names, and what is refused.

use oras_content::{Algorithm, Digest, Verified};
use oras_server::ServerOptions;
use serde_json::json;

use crate::on_every_backend;
use crate::setup::{Kind, OCI_INDEX, OCI_MANIFEST, document, image, index, start, start_with};

on_every_backend!(
    the_digest_of_a_push_is_verified,
    a_tag_may_stand_for_a_sha512_digest,
    several_tags_in_one_push,
    too_many_tags_in_one_push_are_414,
    manifests_up_to_the_limit_are_taken,
    the_limit_may_be_another_one,
    what_is_not_a_manifest_is_refused,
    the_document_may_say_what_it_is,
    missing_content_is_named,
    children_of_an_index_may_be_missing,
    layers_that_are_not_distributed_may_be_missing,
);

async fn the_digest_of_a_push_is_verified(kind: Kind) {
    let registry = start(kind).await;
    let manifest = registry.image("a", b"layer").await;
    let other = Digest::sha256(b"other");
    registry
        .put_manifest("a", other.as_str(), &manifest)
        .await
        .expect_error(400, "DIGEST_INVALID");
    registry
        .put_manifest("a", "sha256:bad", &manifest)
        .await
        .expect_error(400, "DIGEST_INVALID");
    let unverifiable = "sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g";
    registry
        .put_manifest("a", unverifiable, &manifest)
        .await
        .expect_error(400, "DIGEST_INVALID");
    registry
        .get(format!("/v2/a/manifests/{other}"))
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    registry
        .get("/v2/a/manifests/sha256:bad")
        .await
        .expect_error(400, "DIGEST_INVALID");
}

async fn a_tag_may_stand_for_a_sha512_digest(kind: Kind) {
    let registry = start(kind).await;
    let manifest = registry.image("a", b"layer").await;
    let digest = Algorithm::Sha512.digest(manifest.bytes());
    for reference in [format!("{digest}?tag=one"), format!("two?digest={digest}")] {
        let put = registry
            .put_manifest("a", &reference, &manifest)
            .await
            .expect(201);
        assert_eq!(put.header("docker-content-digest"), Some(digest.as_str()));
    }
    for reference in ["one", "two", digest.as_str()] {
        let got = registry
            .get(format!("/v2/a/manifests/{reference}"))
            .await
            .expect(200);
        assert_eq!(
            got.header("docker-content-digest"),
            Some(digest.as_str()),
            "{reference}"
        );
    }
}

async fn several_tags_in_one_push(kind: Kind) {
    let registry = start(kind).await;
    let manifest = registry.image("a", b"layer").await;
    let digest = &manifest.descriptor().digest;
    let put = registry
        .put_manifest("a", &format!("{digest}?tag=1.2&tag=1&tag=latest"), &manifest)
        .await;
    let put = put.expect(201);
    let tags: Vec<_> = put.headers.get_all("oci-tag").iter().collect();
    assert_eq!(tags, ["1.2", "1", "latest"]);
    let list = registry.get("/v2/a/tags/list").await.json();
    assert_eq!(list["tags"], json!(["1", "1.2", "latest"]));
    let wrong = registry
        .put_manifest("a", &format!("{digest}?tag=ok&tag=-"), &manifest)
        .await;
    wrong.expect_error(400, "TAG_INVALID");
    registry
        .get("/v2/a/manifests/ok")
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
}

async fn too_many_tags_in_one_push_are_414(kind: Kind) {
    let registry = start(kind).await;
    let manifest = registry.image("a", b"layer").await;
    let digest = &manifest.descriptor().digest;
    let tags = |count: usize| {
        (0..count)
            .map(|number| format!("&tag=v{number}"))
            .collect::<String>()
    };
    let put = |count| {
        let reference = format!("{digest}?{}", &tags(count)[1..]);
        let (registry, manifest) = (&registry, &manifest);
        async move { registry.put_manifest("a", &reference, manifest).await }
    };
    put(51).await.expect_error(414, "TAG_INVALID");
    registry
        .get("/v2/a/manifests/v0")
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    let put = put(50).await.expect(201);
    assert_eq!(put.headers.get_all("oci-tag").iter().count(), 50);
}

fn index_of(len: usize) -> Verified {
    let frame = r#"{"schemaVersion":2,"manifests":[],"annotations":{"x":""}}"#;
    let filler = "a".repeat(len - frame.len());
    document(OCI_INDEX, &frame.replace("\"\"}", &format!("\"{filler}\"}}")))
}

async fn manifests_up_to_the_limit_are_taken(kind: Kind) {
    const LIMIT: usize = 4 * 1024 * 1024;
    let registry = start(kind).await;
    let largest = index_of(LIMIT);
    registry.put_manifest("a", "largest", &largest).await.expect(201);
    assert_eq!(
        registry
            .get("/v2/a/manifests/largest")
            .await
            .expect(200)
            .body
            .len(),
        LIMIT
    );
    let larger = index_of(LIMIT + 1);
    registry
        .put_manifest("a", "larger", &larger)
        .await
        .expect_error(413, "SIZE_INVALID");
    let frame: &'static [u8] = Vec::leak(larger.bytes().to_vec());
    let chunked = registry
        .call("PUT", "/v2/a/manifests/larger")
        .header("content-type", OCI_INDEX);
    chunked
        .chunked(&[frame])
        .send()
        .await
        .expect_error(413, "SIZE_INVALID");
    registry
        .get("/v2/a/manifests/larger")
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
}

async fn the_limit_may_be_another_one(kind: Kind) {
    for limit in [1000, 8 * 1024 * 1024] {
        let options = ServerOptions::default().with_manifest_limit(limit as u64);
        let registry = start_with(kind, options).await;
        registry
            .put_manifest("a", "large", &index_of(limit + 1))
            .await
            .expect_error(413, "SIZE_INVALID");
        let manifest = index_of(limit);
        registry.put_manifest("a", "v1", &manifest).await.expect(201);
        for reference in ["v1", manifest.descriptor().digest.as_str()] {
            let path = format!("/v2/a/manifests/{reference}");
            registry.call("HEAD", &path).send().await.expect(200);
            assert_eq!(registry.get(&path).await.expect(200).body, *manifest.bytes());
        }
        // It is in nothing else's way.
        let image = registry.push_image("a", "v2", b"layer").await;
        let referrer = registry.attach("a", image.descriptor(), "x/y").await;
        let list = format!("/v2/a/referrers/{}", image.descriptor().digest);
        let list = registry.get(list).await.expect(200).json();
        assert_eq!(
            list["manifests"][0]["digest"],
            referrer.descriptor().digest.as_str()
        );
        let delete = format!("/v2/a/manifests/{}", manifest.descriptor().digest);
        registry.call("DELETE", delete).send().await.expect(202);
        registry.get("/v2/a/manifests/v1").await.expect(404);
    }
}

async fn what_is_not_a_manifest_is_refused(kind: Kind) {
    let registry = start(kind).await;
    let config = r#"{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}"#;
    registry.push_blob("a", b"{}").await;
    for (media_type, text) in [
        (OCI_INDEX, ""),
        (OCI_INDEX, "no JSON"),
        (OCI_INDEX, "[]"),
        (OCI_INDEX, r#"["application/vnd.oci.image.index.v1+json"]"#),
        (OCI_INDEX, "null"),
        (OCI_INDEX, r#"{"manifests":[]}"#),
        (OCI_INDEX, r#"{"schemaVersion":1,"manifests":[]}"#),
        (OCI_INDEX, r#"{"schemaVersion":2,"manifests":[]}{}"#),
        (OCI_INDEX, r#"{"schemaVersion":2,"manifests":[],"manifests":[]}"#),
        (
            OCI_INDEX,
            r#"{"schemaVersion":2,"manifests":[{"digest":"sha256:0"}]}"#,
        ),
        (OCI_MANIFEST, r#"{"schemaVersion":2}"#),
        (
            OCI_MANIFEST,
            &format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","config":{config}}}"#),
        ),
        ("application/json", r#"{"schemaVersion":2,"manifests":[]}"#),
    ] {
        let put = registry.put_manifest("a", "x", &document(media_type, text)).await;
        put.expect_error(400, "MANIFEST_INVALID");
    }
    let valid = document(
        OCI_MANIFEST,
        &format!(r#"{{"schemaVersion":2,"config":{config}}}"#),
    );
    registry
        .put_manifest("a", "-x", &valid)
        .await
        .expect_error(400, "TAG_INVALID");
    let put = registry
        .call("PUT", "/v2/a/manifests/x")
        .header("content-type", format!("{OCI_MANIFEST}; charset=utf-8"));
    put.body(valid.bytes().clone()).send().await.expect(201);
    let got = registry.get("/v2/a/manifests/x").await.expect(200);
    assert_eq!(got.header("content-type"), Some(OCI_MANIFEST));
}

async fn the_document_may_say_what_it_is(kind: Kind) {
    let registry = start(kind).await;
    let call = |text: String| registry.call("PUT", "/v2/a/manifests/x").body(text).send();
    let text = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}"}}"#);
    call(text).await.expect(201);
    call(r#"{"schemaVersion":2}"#.into())
        .await
        .expect_error(400, "MANIFEST_INVALID");
}

async fn missing_content_is_named(kind: Kind) {
    let registry = start(kind).await;
    let manifest = image(b"layer");
    let put = registry
        .put_manifest("a", "v1", &manifest)
        .await
        .expect_error(404, "MANIFEST_BLOB_UNKNOWN");
    let missing: Vec<_> = put.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["detail"]["digest"].clone())
        .collect();
    assert_eq!(
        missing,
        [json!(Digest::sha256(b"{}")), json!(Digest::sha256(b"layer"))]
    );
    registry
        .get("/v2/a/manifests/v1")
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    let sparse = start_with(kind, ServerOptions::default().with_sparse(true)).await;
    sparse.put_manifest("a", "v1", &manifest).await.expect(201);
}

async fn children_of_an_index_may_be_missing(kind: Kind) {
    let registry = start(kind).await;
    let missing = image(b"layer");
    let sparse = index(&[missing.descriptor()]);
    registry.put_manifest("a", "v1", &sparse).await.expect(201);
    let child = &missing.descriptor().digest;
    registry
        .get(format!("/v2/a/manifests/{child}"))
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    let strict = start_with(kind, ServerOptions::default().with_sparse(false)).await;
    strict
        .put_manifest("a", "v1", &sparse)
        .await
        .expect_error(404, "MANIFEST_BLOB_UNKNOWN");
    strict.push_image("a", "child", b"layer").await;
    strict.put_manifest("a", "v1", &sparse).await.expect(201);
}

async fn layers_that_are_not_distributed_may_be_missing(kind: Kind) {
    let registry = start(kind).await;
    registry.push_blob("a", b"{}").await;
    let text = json!({
        "schemaVersion": 2,
        "config": { "mediaType": "application/vnd.oci.empty.v1+json", "digest": Digest::sha256(b"{}"), "size": 2 },
        "layers": [{
            "mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
            "digest": Digest::sha256(b"elsewhere"),
            "size": 9,
        }],
    });
    registry
        .put_manifest("a", "v1", &document(OCI_MANIFEST, &text.to_string()))
        .await
        .expect(201);
}
