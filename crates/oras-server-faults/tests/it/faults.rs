//! Faults: a registry that misbehaves exactly as it was told to.

use hyper::Method;
use oras_server::Route;
use oras_server_faults::Fault;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::on_every_backend;
use crate::setup::{Kind, Registry, start};

on_every_backend!(
    a_status_comes_at_the_kth_request,
    only_what_fits_is_hit,
    several_faults_come_one_after_the_other,
    a_limit_says_when_to_come_back,
    a_login_page_is_no_registry,
    a_manifest_can_be_far_too_large,
    an_answer_can_break_off,
    a_connection_can_be_reset,
    a_byte_can_be_another_one,
    what_was_asked_for_is_not_done,
);

async fn blob(registry: &Registry) -> (String, Vec<u8>) {
    let content: Vec<u8> = (0..1_000_000u32).map(|number| number as u8).collect();
    let digest = registry.push_blob("a", &content).await;
    (format!("/v2/a/blobs/{digest}"), content)
}

async fn statuses(registry: &Registry, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(registry.get("/v2/").await.status);
    }
    statuses
}

/// Reads the answer to a GET as far as it goes: head, body, and whether the connection was reset.
async fn read(registry: &Registry, path: &str) -> (String, Vec<u8>, bool) {
    let mut stream = TcpStream::connect(registry.server.addr()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer).await;
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap()
        + 4;
    let body = answer.split_off(end);
    (String::from_utf8(answer).unwrap(), body, ended.is_err())
}

async fn a_status_comes_at_the_kth_request(kind: Kind) {
    let registry = start(kind).await;
    registry.server.inject(Fault::status(500).times(0));
    registry.server.inject(Fault::status(503).nth(2).times(2));
    assert_eq!(statuses(&registry, 5).await, [200, 503, 503, 200, 200]);
    registry.server.inject(Fault::status(500).always());
    assert_eq!(statuses(&registry, 3).await, [500, 500, 500]);
    let entered = registry
        .server
        .journal()
        .count(|entry| entry.status.is_server_error());
    assert_eq!(entered, 5);
}

async fn only_what_fits_is_hit(kind: Kind) {
    let registry = start(kind).await;
    let (path, _) = blob(&registry).await;
    registry.server.inject(
        Fault::status(502)
            .on_route(Route::Blob)
            .on_method(Method::GET)
            .on_repository("a"),
    );
    registry.get("/v2/").await.expect(200);
    registry.call("HEAD", &path).send().await.expect(200);
    registry.get(path.replace("/a/", "/b/")).await.expect(404);
    registry.get(&path).await.expect_error(502, "UNKNOWN");
    registry.get(&path).await.expect(200);
}

async fn several_faults_come_one_after_the_other(kind: Kind) {
    let registry = start(kind).await;
    registry.server.inject(Fault::status(500));
    registry.server.inject(Fault::status(503));
    assert_eq!(statuses(&registry, 3).await, [500, 503, 200]);
}

async fn a_limit_says_when_to_come_back(kind: Kind) {
    let registry = start(kind).await;
    for retry_after in ["7", "Fri, 31 Dec 1999 23:59:59 GMT", "soon"] {
        registry.server.inject(Fault::rate_limited(retry_after));
        let got = registry.get("/v2/").await.expect_error(429, "TOOMANYREQUESTS");
        assert_eq!(got.header("retry-after"), Some(retry_after));
    }
}

async fn a_login_page_is_no_registry(kind: Kind) {
    let registry = start(kind).await;
    registry.server.inject(Fault::html());
    let got = registry.get("/v2/a/manifests/v1").await.expect(200);
    assert_eq!(got.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(got.body.starts_with(b"<!doctype html>"));
}

async fn a_manifest_can_be_far_too_large(kind: Kind) {
    let registry = start(kind).await;
    registry.server.inject(Fault::oversized(10_000_001));
    let got = registry.get("/v2/a/manifests/v1").await.expect(200);
    assert_eq!(got.header("content-length"), Some("10000001"));
    assert_eq!(got.body.len(), 10_000_001);
}

async fn an_answer_can_break_off(kind: Kind) {
    let registry = start(kind).await;
    let (path, content) = blob(&registry).await;
    for len in [0, 1, 65_536, 999_999] {
        registry
            .server
            .inject(Fault::truncate(len as u64).on_route(Route::Blob));
        let (head, body, was_reset) = read(&registry, &path).await;
        assert!(head.contains("content-length: 1000000"), "{head}");
        assert_eq!((body.as_slice(), was_reset), (&content[..len], false));
    }
    registry
        .server
        .inject(Fault::truncate(1_000_001).on_route(Route::Blob));
    assert_eq!(registry.get(&path).await.body, content);
}

async fn a_connection_can_be_reset(kind: Kind) {
    let registry = start(kind).await;
    let (path, content) = blob(&registry).await;
    registry.server.inject(Fault::reset(1000).on_route(Route::Blob));
    let (head, body, was_reset) = read(&registry, &path).await;
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(was_reset);
    assert!(body.len() <= 1000 && content.starts_with(&body));
    registry.get(&path).await.expect(200);
}

async fn a_byte_can_be_another_one(kind: Kind) {
    let registry = start(kind).await;
    let (path, content) = blob(&registry).await;
    for position in [0, 70_000, 999_999] {
        registry
            .server
            .inject(Fault::flip(position as u64).on_route(Route::Blob));
        let got = registry.get(&path).await.expect(200);
        let differences: Vec<_> = (0..content.len())
            .filter(|at| got.body[*at] != content[*at])
            .collect();
        assert_eq!(differences, [position]);
    }
}

async fn what_was_asked_for_is_not_done(kind: Kind) {
    let registry = start(kind).await;
    let manifest = registry.image("a", b"layer").await;
    registry.server.inject(Fault::status(500).on_method(Method::PUT));
    registry.put_manifest("a", "v1", &manifest).await.expect(500);
    registry.get("/v2/a/manifests/v1").await.expect(404);
    registry.put_manifest("a", "v1", &manifest).await.expect(201);
}
