//! Namespaces: the parameter `ns`, by which clients ask a mirror.

use oras_content::Digest;
use oras_server::{Permission, ServerOptions, User, Users};
use serde_json::json;

use crate::on_every_backend;
use crate::setup::{Kind, Registry, start, start_with};

on_every_backend!(
    without_the_option_it_is_ignored,
    with_it_the_other_registrys_repository_is_read,
    a_port_is_part_of_the_namespace,
    what_is_no_host_has_no_repositories,
    nothing_is_written_through_it,
    pages_stay_in_the_namespace,
    rights_are_those_to_the_repository_that_is_read,
);

async fn mirror(kind: Kind) -> Registry {
    start_with(kind, ServerOptions::default().with_namespaces(true)).await
}

async fn without_the_option_it_is_ignored(kind: Kind) {
    let registry = start(kind).await;
    let image = registry.push_image("library/a", "v1", b"layer").await;
    let blob = Digest::sha256(b"layer");
    for path in [
        "manifests/v1".to_owned(),
        format!("blobs/{blob}"),
        "tags/list".to_owned(),
        format!("referrers/{}", image.descriptor().digest),
    ] {
        let plain = registry.get(format!("/v2/library/a/{path}")).await.expect(200);
        for ns in ["docker.io", "", "..%2F..", "%00"] {
            let got = registry.get(format!("/v2/library/a/{path}?ns={ns}")).await;
            assert_eq!(got.expect(200).body, plain.body, "{path} {ns}");
        }
    }
    let post = registry.call("POST", "/v2/library/a/blobs/uploads/?ns=docker.io");
    post.send().await.expect(202);
}

async fn with_it_the_other_registrys_repository_is_read(kind: Kind) {
    let registry = mirror(kind).await;
    let image = registry.push_image("docker.io/library/a", "v1", b"layer").await;
    let own = registry.push_image("library/a", "v1", b"own").await;
    let blob = Digest::sha256(b"layer");
    let read = |ns: &str| registry.get(format!("/v2/library/a/manifests/v1{ns}"));
    assert_eq!(read("?ns=docker.io").await.expect(200).body, image.bytes());
    assert_eq!(read("?ns=Docker.IO").await.expect(200).body, image.bytes());
    assert_eq!(read("").await.expect(200).body, own.bytes());
    read("?ns=ghcr.io").await.expect_error(404, "NAME_UNKNOWN");
    registry
        .get(format!("/v2/library/a/blobs/{blob}?ns=docker.io"))
        .await
        .expect(200);
    registry
        .get(format!("/v2/library/a/blobs/{blob}"))
        .await
        .expect(404);
    registry
        .call("HEAD", "/v2/library/a/manifests/v1?ns=docker.io")
        .send()
        .await
        .expect(200);
}

async fn a_port_is_part_of_the_namespace(kind: Kind) {
    let registry = mirror(kind).await;
    let image = registry.push_image("localhost_5000/a", "v1", b"layer").await;
    for host in ["localhost:5000", "localhost%3A5000"] {
        let got = registry
            .get(format!("/v2/a/manifests/v1?ns={host}"))
            .await
            .expect(200);
        assert_eq!(got.body, image.bytes());
    }
    let other = registry.get("/v2/a/manifests/v1?ns=localhost").await;
    other.expect_error(404, "NAME_UNKNOWN");
}

async fn what_is_no_host_has_no_repositories(kind: Kind) {
    let registry = mirror(kind).await;
    registry.push_image("a/a", "v1", b"layer").await;
    let long = "a".repeat(256);
    for ns in ["", "..", ".", "a%2Fa", "%2Fa", "a%00", "::", "http://a", &long] {
        let got = registry.get(format!("/v2/a/manifests/v1?ns={ns}")).await;
        got.expect_error(404, "NAME_UNKNOWN");
    }
}

async fn nothing_is_written_through_it(kind: Kind) {
    let registry = mirror(kind).await;
    let image = registry.push_image("docker.io/a", "v1", b"layer").await;
    let session = registry.open_upload("docker.io/a").await;
    for (method, path) in [
        ("PUT", "/v2/a/manifests/v1?ns=docker.io".to_owned()),
        ("DELETE", "/v2/a/manifests/v1?ns=docker.io".to_owned()),
        ("POST", "/v2/a/blobs/uploads/?ns=docker.io".to_owned()),
        (
            "PATCH",
            format!("{session}?ns=docker.io").replace("docker.io/a", "a"),
        ),
    ] {
        let got = registry.call(method, path).send().await;
        let got = got.expect_error(405, "UNSUPPORTED");
        assert_eq!(got.header("allow"), Some("GET, HEAD"));
    }
    let left = registry.get("/v2/docker.io/a/manifests/v1").await.expect(200);
    assert_eq!(left.body, image.bytes());
}

async fn pages_stay_in_the_namespace(kind: Kind) {
    let registry = mirror(kind).await;
    let image = registry.push_image("docker.io/a", "v1", b"layer").await;
    registry
        .put_manifest("docker.io/a", "v2", &image)
        .await
        .expect(201);
    registry.push_image("a", "v9", b"own").await;
    let first = registry.get("/v2/a/tags/list?ns=docker.io&n=1").await.expect(200);
    assert_eq!(first.json(), json!({ "name": "docker.io/a", "tags": ["v1"] }));
    let link = first.header("link").unwrap();
    let next = link.split(['<', '>']).nth(1).unwrap();
    assert_eq!(registry.get(next).await.expect(200).json()["tags"], json!(["v2"]));
    for kind in ["one/x", "two/x"] {
        registry.attach("docker.io/a", image.descriptor(), kind).await;
    }
    let digest = &image.descriptor().digest;
    let path = format!("/v2/a/referrers/{digest}?ns=docker.io&n=1");
    let first = registry.get(path).await.expect(200);
    let next = first
        .header("link")
        .unwrap()
        .split(['<', '>'])
        .nth(1)
        .unwrap()
        .to_owned();
    let second = registry.get(next).await.expect(200);
    assert_eq!(second.json()["manifests"].as_array().unwrap().len(), 1);
    assert_ne!(first.body, second.body);
}

async fn rights_are_those_to_the_repository_that_is_read(kind: Kind) {
    let ann = User::new("ann", "secret")
        .with_rule("*", Permission::None)
        .with_rule("a", Permission::Pull);
    let admin = User::new("admin", "admin");
    let users = Users::new().with_user(ann).with_user(admin);
    let options = ServerOptions::default().with_namespaces(true).with_users(users);
    let registry = start_with(kind, options).await;
    let ask = |user: &str, path: &str| {
        let login = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, user);
        let call = registry.call("GET", path);
        call.header("authorization", format!("Basic {login}")).send()
    };
    ask("ann:secret", "/v2/a/tags/list")
        .await
        .expect_error(404, "NAME_UNKNOWN");
    let foreign = ask("ann:secret", "/v2/a/tags/list?ns=docker.io").await;
    foreign.expect_error(403, "DENIED");
    let all = ask("admin:admin", "/v2/a/tags/list?ns=docker.io").await;
    all.expect_error(404, "NAME_UNKNOWN");
}
