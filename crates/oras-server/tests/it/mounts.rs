//! Mounts: blobs that another repository has already.

use oras_content::Digest;
use oras_server::{Permission, ServerOptions, User, Users};

use crate::client::Reply;
use crate::on_every_backend;
use crate::setup::{Kind, Registry, start, start_with};

on_every_backend!(
    a_blob_is_taken_over,
    a_blob_that_is_there_is_found,
    what_cannot_be_mounted_opens_an_upload,
    without_from_every_repository_is_searched,
    without_from_nothing_is_told_to_users,
    what_may_not_be_pulled_is_not_mounted,
    texts_that_name_nothing_are_refused,
    a_manifest_can_be_mounted_as_a_blob,
);

async fn mount(registry: &Registry, to: &str, query: impl AsRef<str>) -> Reply {
    registry
        .call("POST", format!("/v2/{to}/blobs/uploads/?{}", query.as_ref()))
        .send()
        .await
}

async fn a_blob_is_taken_over(kind: Kind) {
    let registry = start(kind).await;
    let digest = registry.push_blob("from/here", b"hello").await;
    let from = "from%2Fhere";
    let mounted = mount(&registry, "to", format!("mount={digest}&from={from}"))
        .await
        .expect(201);
    assert_eq!(mounted.location(), format!("/v2/to/blobs/{digest}"));
    assert_eq!(mounted.header("docker-content-digest"), Some(digest.as_str()));
    assert_eq!(registry.get(mounted.location()).await.expect(200).body, "hello");
    let path = format!("/v2/from/here/blobs/{digest}");
    registry.call("DELETE", path).send().await.expect(202);
    assert_eq!(registry.get(mounted.location()).await.expect(200).body, "hello");
}

async fn a_blob_that_is_there_is_found(kind: Kind) {
    let registry = start(kind).await;
    let digest = registry.push_blob("a", b"hello").await;
    for from in ["a", "b", "none"] {
        mount(&registry, "a", format!("mount={digest}&from={from}"))
            .await
            .expect(201);
    }
    mount(&registry, "a", format!("mount={digest}")).await.expect(201);
}

async fn what_cannot_be_mounted_opens_an_upload(kind: Kind) {
    let registry = start(kind).await;
    registry.push_blob("a", b"other").await;
    let digest = Digest::sha256(b"hello");
    for from in ["a", "to", "none"] {
        let query = format!("mount={digest}&from={from}&digest={digest}");
        let opened = mount(&registry, "to", query).await.expect(202);
        let put = registry.call("PUT", format!("{}?digest={digest}", opened.location()));
        put.body("hello").send().await.expect(201);
        registry
            .call("DELETE", format!("/v2/to/blobs/{digest}"))
            .send()
            .await
            .expect(202);
    }
}

async fn without_from_every_repository_is_searched(kind: Kind) {
    let registry = start(kind).await;
    registry.push_blob("a", b"other").await;
    let digest = registry.push_blob("x/y", b"hello").await;
    mount(&registry, "to", format!("mount={digest}"))
        .await
        .expect(201);
    let missing = Digest::sha256(b"missing");
    mount(&registry, "to", format!("mount={missing}"))
        .await
        .expect(202);
}

fn basic(name: &str) -> String {
    use base64::Engine as _;
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(format!("{name}:secret"))
    )
}

async fn with_users(kind: Kind) -> (Registry, Digest) {
    let users = Users::new()
        .with_user(User::new("root", "secret"))
        .with_user(User::new("ann", "secret").with_rule("private", Permission::None));
    let registry = start_with(kind, ServerOptions::default().with_users(users)).await;
    let digest = Digest::sha256(b"hello");
    for repository in ["private", "public"] {
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        let post = registry.call("POST", path).header("authorization", basic("root"));
        post.body("hello").send().await.expect(201);
    }
    (registry, digest)
}

async fn without_from_nothing_is_told_to_users(kind: Kind) {
    let (registry, digest) = with_users(kind).await;
    let post = registry.call("POST", format!("/v2/to/blobs/uploads/?mount={digest}"));
    post.header("authorization", basic("root"))
        .send()
        .await
        .expect(202);
}

async fn what_may_not_be_pulled_is_not_mounted(kind: Kind) {
    let (registry, digest) = with_users(kind).await;
    for (from, status) in [("private", 202), ("public", 201)] {
        let post = registry.call(
            "POST",
            format!("/v2/to/blobs/uploads/?mount={digest}&from={from}"),
        );
        post.header("authorization", basic("ann"))
            .send()
            .await
            .expect(status);
    }
}

async fn texts_that_name_nothing_are_refused(kind: Kind) {
    let registry = start(kind).await;
    mount(&registry, "to", "mount=sha256:bad&from=a")
        .await
        .expect_error(400, "DIGEST_INVALID");
    let digest = Digest::sha256(b"hello");
    for from in ["../a", "A", "", "a//b"] {
        let query = format!("mount={digest}&from={from}");
        mount(&registry, "to", query)
            .await
            .expect_error(400, "NAME_INVALID");
    }
}

async fn a_manifest_can_be_mounted_as_a_blob(kind: Kind) {
    let registry = start(kind).await;
    let manifest = registry.push_image("a", "v1", b"layer").await;
    let digest = &manifest.descriptor().digest;
    mount(&registry, "to", format!("mount={digest}&from=a"))
        .await
        .expect(201);
    registry.get(format!("/v2/to/blobs/{digest}")).await.expect(200);
    registry
        .get(format!("/v2/to/manifests/{digest}"))
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
}
