//! The journal: what a test can say about what was asked.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use oras_content::Digest;
use oras_server::{Route, ServerOptions};
use oras_server_faults::{Entry, FaultOptions, Kind as Asked};

use crate::client::raw;
use crate::on_every_backend;
use crate::setup::{Kind, Registry, misbehaving, start};

on_every_backend!(
    every_request_is_entered,
    bytes_are_counted_exactly,
    clearing_forgets_everything,
    only_the_newest_entries_are_kept,
    large_heads_leave_room_for_fewer_entries,
    credentials_are_hidden_from_debug,
    a_client_that_left_is_entered,
    requests_are_counted_by_kind,
    the_order_of_requests_can_be_asked,
    a_secret_is_found_wherever_it_went,
    times_are_entered,
    an_observer_gets_each_entry_once_and_final,
    an_observer_hears_of_clients_that_left,
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
    let faults = FaultOptions::default().with_journal_limit(2);
    let registry = misbehaving(kind, ServerOptions::default(), faults).await;
    for number in 0..4 {
        registry.get(format!("/v2/?{number}")).await;
    }
    let journal = registry.server.journal();
    let paths: Vec<_> = journal.entries().into_iter().map(|entry| entry.path).collect();
    assert_eq!(paths, ["/v2/?2", "/v2/?3"]);
    assert_eq!(journal.requests(), 4);
}

async fn large_heads_leave_room_for_fewer_entries(kind: Kind) {
    let faults = FaultOptions::default().with_journal_memory(110_000);
    let registry = misbehaving(kind, ServerOptions::default(), faults).await;
    let journal = registry.server.journal();
    for _ in 0..10 {
        let get = registry.call("GET", "/v2/").header("x-large", "x".repeat(30_000));
        get.send().await.expect(200);
    }
    assert_eq!((journal.requests(), journal.entries().len()), (10, 3));
    for _ in 0..10 {
        registry.get("/v2/").await.expect(200);
    }
    assert!(journal.entries().len() >= 10);
}

async fn credentials_are_hidden_from_debug(kind: Kind) {
    let registry = start(kind).await;
    registry
        .call("GET", "/v2/")
        .header("authorization", "Bearer very-secret")
        .header("proxy-authorization", "Basic very-secret")
        .header("cookie", "session=very-secret")
        .send()
        .await;
    let entries: Vec<Entry> = registry.server.journal().entries();
    assert!(!format!("{entries:?}").contains("very-secret"));
    assert_eq!(entries[0].request_headers["authorization"], "Bearer very-secret");
    assert_eq!(entries[0].request_headers["cookie"], "session=very-secret");
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

async fn requests_are_counted_by_kind(kind: Kind) {
    let registry = start(kind).await;
    let journal = registry.server.journal();
    registry.push_image("a", "v1", b"layer").await;
    registry.get("/v2/a/manifests/v1").await.expect(200);
    registry.get("/v2/a/manifests/v2").await.expect(404);
    registry.get("/v2/a/manifests/v3").await.expect(404);
    let counts = journal.counts();
    let count = |route, method, class| counts.get(&Asked::new(route, method, class)).copied();
    assert_eq!(count(Route::Uploads, Method::POST, 2), Some(2));
    assert_eq!(count(Route::Manifest, Method::PUT, 2), Some(1));
    assert_eq!(count(Route::Manifest, Method::GET, 2), Some(1));
    assert_eq!(count(Route::Manifest, Method::GET, 4), Some(2));
    assert_eq!(count(Route::Manifest, Method::GET, 5), None);
    assert_eq!(counts.values().sum::<usize>(), 6);
    assert_eq!(journal.entries_of(Route::Manifest).len(), 4);
}

async fn the_order_of_requests_can_be_asked(kind: Kind) {
    let registry = start(kind).await;
    let journal = registry.server.journal();
    registry.push_image("a", "v1", b"layer").await;
    let is = |route| move |entry: &Entry| entry.route == route;
    assert!(journal.all_before(is(Route::Uploads), is(Route::Manifest)));
    assert!(!journal.all_before(is(Route::Manifest), is(Route::Uploads)));
    assert!(!journal.all_before(is(Route::Uploads), is(Route::Tags)));
    assert!(!journal.all_before(is(Route::Tags), is(Route::Uploads)));
    assert_eq!(journal.position(is(Route::Manifest)), Some(2));
    assert_eq!(journal.position(is(Route::Tags)), None);
    registry.push_blob("a", b"late").await;
    assert!(!journal.all_before(is(Route::Uploads), is(Route::Manifest)));
}

async fn a_secret_is_found_wherever_it_went(kind: Kind) {
    let secret = "pa:ss w/ord+";
    let basic = |password| format!("Basic {}", STANDARD.encode(format!("ann:{password}")));
    for (path, header) in [
        ("/v2/", ("authorization", basic(secret))),
        ("/v2/", ("authorization", format!("Bearer {secret}"))),
        ("/v2/", ("x-key", format!("before {secret} after"))),
        ("/v2/?x=pa%3Ass%20w%2Ford%2B", ("x-key", "none".into())),
        ("/v2/?x=pa:ss+w/ord%2B", ("x-key", "none".into())),
        ("/pa:ss%20w/ord+", ("x-key", "none".into())),
    ] {
        let registry = start(kind).await;
        let journal = registry.server.journal();
        registry
            .call("GET", path)
            .header(header.0, &header.1)
            .send()
            .await;
        assert!(journal.contains_secret(secret), "{path} {header:?}");
        assert!(!journal.contains_secret("another"), "{path} {header:?}");
        assert!(!journal.contains_secret(""));
    }
    let registry = start(kind).await;
    registry
        .call("GET", "/v2/")
        .header("authorization", basic("other"))
        .send()
        .await;
    assert!(!registry.server.journal().contains_secret(secret));
}

async fn times_are_entered(kind: Kind) {
    let registry = start(kind).await;
    let before = SystemTime::now();
    registry.get("/v2/").await;
    registry.get("/v2/").await;
    let after = SystemTime::now();
    let entries = registry.server.journal().entries();
    assert!(before <= entries[0].time && entries[0].time <= entries[1].time && entries[1].time <= after);
    assert!(entries[0].duration > Duration::ZERO);
    // An answer that has ended takes no longer however late one asks.
    let first = ended(&registry).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(first, ended(&registry).await);
}

/// How long the first request took, once its connection has ended.
async fn ended(registry: &Registry) -> Duration {
    loop {
        let duration = || registry.server.journal().entries()[0].duration;
        let first = duration();
        tokio::task::yield_now().await;
        if first == duration() {
            return first;
        }
    }
}

type Seen = Arc<Mutex<Vec<Entry>>>;

async fn observed(kind: Kind) -> (Registry, Seen) {
    let seen = Seen::default();
    let copy = Arc::clone(&seen);
    let observer = Arc::new(move |entry: &Entry| copy.lock().unwrap().push(entry.clone()));
    let faults = FaultOptions::default().with_observer(observer);
    let registry = misbehaving(kind, ServerOptions::default(), faults).await;
    (registry, seen)
}

async fn an_observer_gets_each_entry_once_and_final(kind: Kind) {
    let (registry, seen) = observed(kind).await;
    let content = vec![b'x'; 3_000_000];
    let digest = registry.push_blob("a", &content).await;
    registry.get(format!("/v2/a/blobs/{digest}")).await.expect(200);
    registry
        .call("HEAD", format!("/v2/a/blobs/{digest}"))
        .send()
        .await
        .expect(200);
    registry.get("/v2/A/tags/list").await.expect(400);
    registry.stop().await;
    let mut seen = std::mem::take(&mut *seen.lock().unwrap());
    seen.sort_by_key(|entry| entry.time);
    let told: Vec<_> = seen
        .iter()
        .map(|entry| (entry.status.as_u16(), entry.bytes_received))
        .collect();
    assert_eq!(told, [(201, 3_000_000), (200, 0), (200, 0), (400, 0)]);
    assert_eq!((seen[1].bytes_sent, seen[2].bytes_sent), (3_000_000, 0));
    assert!(seen[3].bytes_sent > 0);
    assert!(seen.iter().all(|entry| entry.duration > Duration::ZERO));
}

async fn an_observer_hears_of_clients_that_left(kind: Kind) {
    let (registry, seen) = observed(kind).await;
    let digest = registry.push_blob("a", &vec![b'x'; 8_000_000]).await;
    let stream = std::net::TcpStream::connect(registry.server.addr()).unwrap();
    let request = format!("GET /v2/a/blobs/{digest} HTTP/1.1\r\nhost: x\r\n\r\n");
    std::io::Write::write_all(&mut &stream, request.as_bytes()).unwrap();
    while registry.server.journal().entries().len() < 2 {
        tokio::task::yield_now().await;
    }
    drop(stream);
    while seen.lock().unwrap().len() < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    registry.stop().await;
    let seen = seen.lock().unwrap();
    assert_eq!((seen.len(), seen[1].status.as_u16()), (2, 200));
}
