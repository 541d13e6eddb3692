//! The protocol as a whole: the ping, paths, methods and error answers.

use oras_content::Digest;

use crate::client::raw;
use crate::on_every_backend;
use crate::setup::{Kind, start};

on_every_backend!(
    the_ping_says_that_this_is_a_registry,
    every_answer_names_the_api,
    a_path_that_is_none_is_404,
    names_that_do_not_follow_the_grammar_are_refused,
    methods_that_a_route_lacks_are_405,
    an_error_reaches_a_client_that_is_still_sending,
    a_body_that_is_not_wanted_is_not_asked_for,
);

async fn the_ping_says_that_this_is_a_registry(kind: Kind) {
    let registry = start(kind).await;
    for path in ["/v2/", "/v2"] {
        let ping = registry.get(path).await.expect(200);
        assert_eq!(
            (ping.header("content-type"), &*ping.body),
            (Some("application/json"), &b"{}"[..])
        );
    }
}

async fn every_answer_names_the_api(kind: Kind) {
    let registry = start(kind).await;
    let digest = Digest::sha256(b"x");
    for path in [
        "/v2/".into(),
        "/".into(),
        "/v2/a/tags/list".into(),
        format!("/v2/a/referrers/{digest}"),
    ] {
        let got = registry.get(&path).await;
        assert_eq!(
            got.header("docker-distribution-api-version"),
            Some("registry/2.0"),
            "{path}"
        );
    }
}

async fn a_path_that_is_none_is_404(kind: Kind) {
    let registry = start(kind).await;
    for path in [
        "/",
        "/v1/",
        "/v2/a",
        "/v2/a/",
        "/v2/a/tags",
        "/v2/a/tags/list/",
        "/v2/a/other/b",
        "/v2/a%2Fb/tags/list",
    ] {
        registry.get(path).await.expect_error(404, "UNSUPPORTED");
    }
    registry.get("/token").await.expect_error(404, "UNSUPPORTED");
}

async fn names_that_do_not_follow_the_grammar_are_refused(kind: Kind) {
    let registry = start(kind).await;
    let long = "a".repeat(256);
    for name in [
        "A", "a/../b", "..", ".", "a..b", "-a", "a_", "a___b", "a/", "a//b", "%41", &long,
    ] {
        let path = format!("/v2/{name}/tags/list");
        registry.get(&path).await.expect_error(400, "NAME_INVALID");
    }
    registry
        .call("POST", "/v2/A/blobs/uploads/")
        .send()
        .await
        .expect_error(400, "NAME_INVALID");
    registry
        .get("/v2/a/manifests/.x")
        .await
        .expect_error(400, "TAG_INVALID");
    registry
        .get(format!("/v2/a/manifests/{}", "x".repeat(129)))
        .await
        .expect_error(400, "TAG_INVALID");
    registry
        .get("/v2/a/blobs/sha256:ABC")
        .await
        .expect_error(400, "DIGEST_INVALID");
    let answer = raw(
        registry.server.addr(),
        "GET /v2/../../etc/passwd HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    );
    assert!(answer.await.starts_with("HTTP/1.1 404 "));
}

async fn methods_that_a_route_lacks_are_405(kind: Kind) {
    let registry = start(kind).await;
    let digest = Digest::sha256(b"x");
    let session = registry.open_upload("a").await;
    for (method, path, allowed) in [
        ("POST", "/v2/".to_owned(), "GET, HEAD"),
        ("DELETE", "/v2/_catalog".to_owned(), "GET, HEAD"),
        ("POST", "/v2/a/tags/list".to_owned(), "GET, HEAD"),
        ("PUT", format!("/v2/a/referrers/{digest}"), "GET, HEAD"),
        ("PUT", format!("/v2/a/blobs/{digest}"), "GET, HEAD, DELETE"),
        ("POST", "/v2/a/manifests/v1".to_owned(), "GET, HEAD, PUT, DELETE"),
        ("GET", "/v2/a/blobs/uploads/".to_owned(), "POST"),
        ("POST", session, "GET, HEAD, PATCH, PUT, DELETE"),
    ] {
        let got = registry
            .call(method, &path)
            .send()
            .await
            .expect_error(405, "UNSUPPORTED");
        assert_eq!(got.header("allow"), Some(allowed), "{method} {path}");
    }
}

async fn an_error_reaches_a_client_that_is_still_sending(kind: Kind) {
    let registry = start(kind).await;
    let body = vec![0; 4 * 1024 * 1024];
    let put = registry.call("PUT", "/v2/A/manifests/v1").body(body);
    put.send().await.expect_error(400, "NAME_INVALID");
}

async fn a_body_that_is_not_wanted_is_not_asked_for(kind: Kind) {
    let registry = start(kind).await;
    let session = registry.open_upload("a").await;
    let request = |path: &str| {
        let head = "host: x\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 5";
        raw(
            registry.server.addr(),
            format!("PATCH {path} HTTP/1.1\r\n{head}\r\n\r\nhello"),
        )
    };
    assert!(request(&session).await.starts_with("HTTP/1.1 100 "));
    let elsewhere = session.replace("/a/", "/b/");
    assert!(request(&elsewhere).await.starts_with("HTTP/1.1 404 "));
}
