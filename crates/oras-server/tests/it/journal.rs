//! The journal: what a test can say about what was asked.

use oras_content::Digest;
use oras_server::{Entry, Route, ServerOptions};

use crate::client::raw;
use crate::on_every_backend;
use crate::setup::{Kind, start, start_with};

on_every_backend!(
    every_request_is_entered,
    bytes_are_counted_exactly,
    clearing_forgets_everything,
    only_the_newest_entries_are_kept,
    credentials_are_hidden_from_debug,
    a_client_that_left_is_entered,
);

async fn every_request_is_entered(kind: Kind) {
    let registry = start(kind).await;
    let journal = registry.server.journal();
    let digest = Digest::sha256(b"hello");
    let session = registry.open_upload("a/b").await;
    let path = format!("{session}?digest={digest}");
    registry
        .call("PUT", &path)
        .header("x-test", "yes")
        .body("hello")
        .send()
        .await
        .expect(201);
    registry.get("/v2/A/tags/list").await.expect(400);
    let entries = journal.entries();
    let routes: Vec<_> = entries
        .iter()
        .map(|entry| (entry.route, entry.status.as_u16()))
        .collect();
    assert_eq!(
        routes,
        [(Route::Uploads, 202), (Route::Upload, 201), (Route::Tags, 400)]
    );
    let put = &entries[1];
    assert_eq!((put.method.as_str(), put.path.as_str()), ("PUT", path.as_str()));
    assert_eq!(put.repository.as_deref(), Some("a/b"));
    assert_eq!(put.request_headers["x-test"], "yes");
    assert_eq!(put.response_headers["docker-content-digest"], digest.as_str());
    assert_eq!(entries[2].repository, None);
    assert_eq!(journal.requests(), 3);
    assert_eq!(journal.count(|entry| entry.status.is_success()), 2);
    assert!(entries[0].connection >= 1 && entries[0].connection != entries[1].connection);
}

async fn bytes_are_counted_exactly(kind: Kind) {
    let registry = start(kind).await;
    let journal = registry.server.journal();
    let content = vec![b'x'; 1_000_000];
    let digest = registry.push_blob("a", &content).await;
    assert_eq!((journal.bytes_received(), journal.bytes_sent()), (1_000_000, 0));
    let path = format!("/v2/a/blobs/{digest}");
    registry.get(&path).await.expect(200);
    registry
        .call("GET", &path)
        .header("range", "bytes=10-19")
        .send()
        .await
        .expect(206);
    registry.call("HEAD", &path).send().await.expect(200);
    let blobs: Vec<_> = journal
        .entries()
        .into_iter()
        .filter(|entry| entry.route == Route::Blob)
        .collect();
    let sent: Vec<_> = blobs.iter().map(|entry| entry.bytes_sent).collect();
    assert_eq!(sent, [1_000_000, 10, 0]);
    assert_eq!(journal.bytes_sent(), 1_000_010);
    assert_eq!(journal.entries()[0].bytes_received, 1_000_000);
}

async fn clearing_forgets_everything(kind: Kind) {
    let registry = start(kind).await;
    let journal = registry.server.journal();
    registry.push_blob("a", b"hello").await;
    journal.clear();
    assert_eq!(
        (journal.requests(), journal.bytes_received(), journal.bytes_sent()),
        (0, 0, 0)
    );
    assert!(journal.entries().is_empty());
    registry.get("/v2/").await;
    assert_eq!(
        (journal.requests(), journal.entries().len(), journal.bytes_sent()),
        (1, 1, 2)
    );
}

async fn only_the_newest_entries_are_kept(kind: Kind) {
    let registry = start_with(kind, ServerOptions::default().with_journal_limit(2)).await;
    for number in 0..4 {
        registry.get(format!("/v2/?{number}")).await;
    }
    let journal = registry.server.journal();
    let paths: Vec<_> = journal.entries().into_iter().map(|entry| entry.path).collect();
    assert_eq!(paths, ["/v2/?2", "/v2/?3"]);
    assert_eq!(journal.requests(), 4);
}

async fn credentials_are_hidden_from_debug(kind: Kind) {
    let registry = start(kind).await;
    registry
        .call("GET", "/v2/")
        .header("authorization", "Bearer very-secret")
        .send()
        .await;
    let entries: Vec<Entry> = registry.server.journal().entries();
    assert!(!format!("{entries:?}").contains("very-secret"));
    assert_eq!(entries[0].request_headers["authorization"], "Bearer very-secret");
}

async fn a_client_that_left_is_entered(kind: Kind) {
    let registry = start(kind).await;
    let session = registry.open_upload("a").await;
    let head = "host: x\r\nconnection: close\r\ncontent-length: 10";
    let request = format!("PATCH {session} HTTP/1.1\r\n{head}\r\n\r\nhello");
    let stream = std::net::TcpStream::connect(registry.server.addr()).unwrap();
    std::io::Write::write_all(&mut &stream, request.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let answer = tokio::task::spawn_blocking(move || {
        let mut answer = Vec::new();
        std::io::Read::read_to_end(&mut &stream, &mut answer).ok();
        answer
    });
    answer.await.unwrap();
    let status = raw(
        registry.server.addr(),
        format!("GET {session} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
    );
    assert!(status.await.contains("range: 0-4"));
    let left = registry.server.journal().entries()[1].clone();
    assert_eq!((left.method.as_str(), left.bytes_received), ("PATCH", 5));
    assert!(matches!(left.status.as_u16(), 400 | 499), "{left:?}");
}
