//! Faults that meet a request before it is handled.

use std::time::Duration;

use hyper::Method;
use oras_content::Digest;
use oras_server::{Route, ServerOptions, User, Users};
use oras_server_faults::Fault;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::on_every_backend;
use crate::setup::{Kind, Registry, start, start_with};

on_every_backend!(
    a_request_that_is_cut_off_is_not_done,
    a_request_is_cut_off_though_no_more_of_it_comes,
    a_request_can_be_reset,
    a_lost_answer_was_done_all_the_same,
    a_session_can_be_lost,
    a_part_of_a_chunk_can_be_kept,
    a_login_can_be_asked_for_again,
    tokens_can_end_in_the_middle,
    a_request_can_wait_for_ever,
    a_digest_picks_the_request,
    a_header_can_be_changed_or_taken_off,
    a_digest_header_can_lie,
    an_answer_can_be_compressed,
    lists_can_go_on_for_ever,
);

/// Sends a PUT of a blob over a raw connection, and reads what comes back.
async fn put(registry: &Registry, session: &str, content: &[u8]) -> (Vec<u8>, bool) {
    let digest = Digest::sha256(content);
    let mut stream = TcpStream::connect(registry.server.addr()).await.unwrap();
    let length = content.len();
    let request =
        format!("PUT {session}?digest={digest} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    // The connection may end while more is sent.
    stream.write_all(content).await.ok();
    let mut answer = Vec::new();
    let was_reset = stream.read_to_end(&mut answer).await.is_err();
    (answer, was_reset)
}

async fn a_request_that_is_cut_off_is_not_done(kind: Kind) {
    let registry = start(kind).await;
    let content = vec![b'x'; 300_000];
    let path = format!("/v2/a/blobs/{}", Digest::sha256(&content));
    for len in [0, 1, 100_000, 299_999] {
        let session = registry.open_upload("a").await;
        registry
            .server
            .inject(Fault::close_request(len).on_method(Method::PUT));
        let (answer, _) = put(&registry, &session, &content).await;
        assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
        registry.get(&path).await.expect(404);
    }
}

async fn a_request_is_cut_off_though_no_more_of_it_comes(kind: Kind) {
    let registry = start(kind).await;
    for fault in [Fault::close_request(2), Fault::reset_request(2)] {
        let session = registry.open_upload("a").await;
        registry.server.inject(fault.on_method(Method::PATCH));
        let mut stream = TcpStream::connect(registry.server.addr()).await.unwrap();
        let request = format!("PATCH {session} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhe");
        stream.write_all(request.as_bytes()).await.unwrap();
        // It would not be for a minute that the registry gives up on the rest.
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        let ended = tokio::time::timeout(Duration::from_secs(30), read).await;
        assert!(ended.is_ok() && answer.is_empty());
    }
}

async fn a_request_can_be_reset(kind: Kind) {
    let registry = start(kind).await;
    let session = registry.open_upload("a").await;
    registry
        .server
        .inject(Fault::reset_request(2).on_method(Method::PUT));
    assert_eq!(put(&registry, &session, b"hello").await, (Vec::new(), true));
    registry
        .get(format!("/v2/a/blobs/{}", Digest::sha256(b"hello")))
        .await
        .expect(404);
}

async fn a_lost_answer_was_done_all_the_same(kind: Kind) {
    let registry = start(kind).await;
    let session = registry.open_upload("a").await;
    registry
        .server
        .inject(Fault::lose_answer().on_method(Method::PUT));
    let (answer, _) = put(&registry, &session, b"hello").await;
    assert!(answer.is_empty());
    registry
        .get(format!("/v2/a/blobs/{}", Digest::sha256(b"hello")))
        .await
        .expect(200);
}

async fn a_session_can_be_lost(kind: Kind) {
    let registry = start(kind).await;
    let session = registry.open_upload("a").await;
    registry
        .call("PATCH", &session)
        .body("he")
        .send()
        .await
        .expect(202);
    registry.server.inject(Fault::lose_session());
    let lost = registry.call("PATCH", &session).body("llo").send().await;
    lost.expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    registry.get(&session).await.expect(404);
}

async fn a_part_of_a_chunk_can_be_kept(kind: Kind) {
    let registry = start(kind).await;
    let session = registry.open_upload("a").await;
    registry.server.inject(Fault::keep(3).on_method(Method::PATCH));
    let chunk = registry
        .call("PATCH", &session)
        .header("content-range", "0-4")
        .body("hello");
    assert_eq!(chunk.send().await.expect(202).header("range"), Some("0-2"));
    let rest = registry
        .call("PATCH", &session)
        .header("content-range", "3-4")
        .body("lo");
    assert_eq!(rest.send().await.expect(202).header("range"), Some("0-4"));
    let digest = Digest::sha256(b"hello");
    registry
        .call("PUT", format!("{session}?digest={digest}"))
        .send()
        .await
        .expect(201);
}

fn with_tokens() -> ServerOptions {
    let users = Users::new().with_user(User::new("ann", "secret"));
    ServerOptions::default().with_users(users).with_tokens(true)
}

async fn token(registry: &Registry) -> String {
    let path = "/token?service=x&scope=repository:a:pull,push";
    let got = registry
        .call("GET", path)
        .header("authorization", "Basic YW5uOnNlY3JldA==");
    let document = got.send().await.expect(200).json();
    format!("Bearer {}", document["token"].as_str().unwrap())
}

async fn a_login_can_be_asked_for_again(kind: Kind) {
    let registry = start_with(kind, with_tokens()).await;
    let token = token(&registry).await;
    let post = registry
        .call("POST", "/v2/a/blobs/uploads/")
        .header("authorization", &token);
    let session = post.send().await.expect(202).location();
    registry
        .server
        .inject(Fault::unauthorized().on_method(Method::PATCH));
    let patch = registry
        .call("PATCH", &session)
        .header("authorization", &token)
        .body("hello");
    let refused = patch.clone().send().await.expect_error(401, "UNAUTHORIZED");
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(
        challenge.starts_with("Bearer realm=") && challenge.contains("repository:a:pull,push"),
        "{challenge}"
    );
    patch.send().await.expect(202);
}

async fn tokens_can_end_in_the_middle(kind: Kind) {
    let registry = start_with(kind, with_tokens()).await;
    let old = token(&registry).await;
    let post = registry
        .call("POST", "/v2/a/blobs/uploads/")
        .header("authorization", &old);
    let session = post.send().await.expect(202).location();
    registry
        .server
        .inject(Fault::expire_tokens().on_method(Method::PATCH));
    let patch = |token: &str| {
        registry
            .call("PATCH", &session)
            .header("authorization", token)
            .body("hello")
    };
    patch(&old).send().await.expect(401);
    patch(&old).send().await.expect(401);
    patch(&token(&registry).await).send().await.expect(202);
}

async fn a_request_can_wait_for_ever(kind: Kind) {
    let registry = start(kind).await;
    registry.server.inject(Fault::hang());
    let call = registry.call("GET", "/v2/").send();
    assert!(
        tokio::time::timeout(Duration::from_millis(200), call)
            .await
            .is_err()
    );
    registry.server.inject(Fault::latency(Duration::from_millis(5)));
    registry.get("/v2/").await.expect(200);
}

async fn a_digest_picks_the_request(kind: Kind) {
    let registry = start(kind).await;
    let (one, other) = (Digest::sha256(b"one"), registry.push_blob("a", b"other").await);
    registry
        .server
        .inject(Fault::status(500).on_digest(&one).times(2));
    registry.get(format!("/v2/a/blobs/{other}")).await.expect(200);
    registry.get(format!("/v2/a/blobs/{one}")).await.expect(500);
    let push = registry
        .call("POST", format!("/v2/a/blobs/uploads/?digest={one}"))
        .body("one");
    push.clone().send().await.expect(500);
    push.send().await.expect(201);
}

async fn a_header_can_be_changed_or_taken_off(kind: Kind) {
    let registry = start(kind).await;
    let digest = registry.push_blob("a", b"hello").await;
    let path = format!("/v2/a/blobs/{digest}");
    registry
        .server
        .inject(Fault::header("warning", "299 - \"hello\"").with_header("etag", "\"x\""));
    let got = registry.get(&path).await.expect(200);
    assert_eq!(
        (got.header("warning"), got.header("etag")),
        (Some("299 - \"hello\""), Some("\"x\""))
    );
    registry
        .server
        .inject(Fault::without_header("docker-content-digest"));
    assert_eq!(
        registry
            .get(&path)
            .await
            .expect(200)
            .header("docker-content-digest"),
        None
    );
    registry
        .server
        .inject(Fault::status(503).with_header("retry-after", "99999999999999999999"));
    let late = registry.get(&path).await.expect(503);
    assert_eq!(late.header("retry-after"), Some("99999999999999999999"));
}

async fn a_digest_header_can_lie(kind: Kind) {
    let registry = start(kind).await;
    let digest = registry.push_blob("a", b"hello").await;
    registry.server.inject(Fault::wrong_digest());
    let got = registry.get(format!("/v2/a/blobs/{digest}")).await.expect(200);
    let lie: Digest = got.header("docker-content-digest").unwrap().parse().unwrap();
    assert_ne!(lie, digest);
    assert_eq!(lie.as_str()[..70], digest.as_str()[..70]);
}

async fn an_answer_can_be_compressed(kind: Kind) {
    let registry = start(kind).await;
    let content = vec![b'x'; 200_000];
    let digest = registry.push_blob("a", &content).await;
    registry.server.inject(Fault::gzip());
    let got = registry.get(format!("/v2/a/blobs/{digest}")).await.expect(200);
    assert_eq!(
        (got.header("content-encoding"), got.header("content-length")),
        (Some("gzip"), None)
    );
    assert!(got.body.len() < 10_000);
    let mut plain = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(got.body.as_ref());
    std::io::Read::read_to_end(&mut decoder, &mut plain).unwrap();
    assert_eq!(plain, content);
}

async fn lists_can_go_on_for_ever(kind: Kind) {
    let registry = start(kind).await;
    registry.push_image("a", "v1", b"layer").await;
    let next = |link: &str| link.split(['<', '>']).nth(1).unwrap().to_owned();
    registry
        .server
        .inject(Fault::endless_pages().on_route(Route::Tags).times(3));
    let mut seen = vec!["/v2/a/tags/list".to_owned()];
    for _ in 0..3 {
        let page = registry.get(seen.last().unwrap()).await.expect(200);
        assert_eq!(page.json()["tags"][0], "v1");
        let link = next(page.header("link").unwrap());
        assert!(!seen.contains(&link), "{link}");
        seen.push(link);
    }
    registry.server.inject(Fault::page_loop());
    let page = registry.get("/v2/a/tags/list?n=1").await.expect(200);
    assert_eq!(next(page.header("link").unwrap()), "/v2/a/tags/list?n=1");
}
