//! Connections: both versions of HTTP, silent clients, floods, and the end of a server.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use oras_content::Digest;
use oras_server::{RegistryService, ServerOptions};
use oras_server_faults::{FaultLayer, FaultOptions, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{call, raw};
use crate::setup::{Kind, Registry, start, start_with};

/// Short enough to wait for it, and long enough for a client that is not silent.
fn impatient() -> ServerOptions {
    ServerOptions::default().with_patience(Duration::from_millis(300))
}

async fn connect(registry: &Registry) -> TcpStream {
    TcpStream::connect(registry.server.addr()).await.unwrap()
}

#[tokio::test]
async fn http2_is_spoken_with_prior_knowledge() {
    let registry = start(Kind::Memory).await;
    let digest = registry.push_blob("a", &vec![b'x'; 300_000]).await;
    registry.server.journal().clear();
    let stream = TokioIo::new(connect(&registry).await);
    let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream)
        .await
        .unwrap();
    tokio::spawn(connection);
    let get = || {
        let uri = format!("{}/v2/a/blobs/{digest}", registry.server.url());
        let request = Request::get(uri).body(Full::<Bytes>::default()).unwrap();
        let mut sender = sender.clone();
        async move {
            sender
                .send_request(request)
                .await
                .unwrap()
                .collect()
                .await
                .unwrap()
                .to_bytes()
                .len()
        }
    };
    let lengths = futures_util::future::join_all((0..8).map(|_| get())).await;
    assert_eq!(lengths, [300_000; 8]);
    let entries = registry.server.journal().entries();
    assert!(entries.iter().all(|entry| entry.version == Version::HTTP_2));
    assert!(
        entries
            .iter()
            .all(|entry| entry.connection == entries[0].connection)
    );
}

#[tokio::test]
async fn http2_can_be_switched_off() {
    let registry = start_with(Kind::Memory, ServerOptions::default().with_http2(false)).await;
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let answer = raw(registry.server.addr(), preface).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
        "{answer:?}"
    );
    registry.get("/v2/").await.expect(200);
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let registry = start(Kind::Memory).await;
    let request = "GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n";
    let last = "GET /v2/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answers = raw(registry.server.addr(), format!("{request}{request}{last}")).await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3);
    let entries = registry.server.journal().entries();
    assert!(
        entries
            .iter()
            .all(|entry| entry.connection == entries[0].connection)
    );
}

#[tokio::test]
async fn a_silent_client_is_cut_off() {
    let registry = start_with(Kind::Memory, impatient()).await;
    for sent in [
        "",
        "GET /v2/ HT",
        "GET /v2/ HTTP/1.1\r\nhost: x\r\nx-slow: ",
        "GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let answer = raw(registry.server.addr(), sent).await;
        let has_answer = answer.starts_with("HTTP/1.1 200");
        assert_eq!(has_answer, sent.ends_with("x\r\n\r\n"), "{sent:?}: {answer:?}");
    }
}

#[tokio::test]
async fn limits_may_be_none_at_all() {
    let options = ServerOptions::default()
        .with_connection_limit(usize::MAX)
        .with_page_size(usize::MAX)
        .with_upload_limit(usize::MAX)
        .with_manifest_limit(u64::MAX)
        .with_blob_limit(u64::MAX);
    let registry = start_with(Kind::Folder, options).await;
    let image = registry.push_image("a", "v1", b"layer").await;
    let referrers = format!("/v2/a/referrers/{}", image.descriptor().digest);
    for path in [
        "/v2/_catalog",
        "/v2/a/tags/list",
        &referrers,
        "/v2/a/manifests/v1",
    ] {
        registry.get(path).await.expect(200);
    }
}

#[tokio::test]
async fn patience_may_be_without_end() {
    let options = ServerOptions::default()
        .with_patience(Duration::MAX)
        .with_shutdown_patience(Duration::MAX)
        .with_upload_lifetime(Duration::MAX);
    let registry = start_with(Kind::Folder, options).await;
    let session = registry.open_upload("a").await;
    registry.get(&session).await.expect(204);
    registry.push_blob("a", b"hello").await;
    registry.stop().await;
}

#[tokio::test]
async fn a_body_that_stalls_is_408_and_what_came_is_kept() {
    let registry = start_with(Kind::Memory, impatient()).await;
    let session = registry.open_upload("a").await;
    let head = format!("PATCH {session} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n");
    let answer = raw(registry.server.addr(), format!("{head}hello")).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let status = registry.get(&session).await.expect(204);
    assert_eq!(status.header("range"), Some("0-4"));
}

#[tokio::test]
async fn a_body_that_comes_byte_by_byte_is_408() {
    let registry = start_with(Kind::Memory, impatient()).await;
    let session = registry.open_upload("a").await;
    let (mut reading, mut writing) = connect(&registry).await.into_split();
    let head = format!("PATCH {session} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n");
    writing.write_all(head.as_bytes()).await.unwrap();
    let dripping = tokio::spawn(async move {
        // Far from silent, and far from done when the registry has had enough.
        for _ in 0..900 {
            writing.write_all(b"x").await.ok();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = String::new();
    reading.read_to_string(&mut answer).await.ok();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(!dripping.is_finished());
    dripping.abort();
}

#[tokio::test]
async fn a_body_below_the_least_rate_is_408_and_one_above_it_is_taken() {
    // 100 bytes in 50 ms are 2000 a second.
    for (least_rate, status) in [(20_000, "408"), (500, "202"), (0, "202")] {
        let registry = start_with(Kind::Memory, impatient().with_least_rate(least_rate)).await;
        let session = registry.open_upload("a").await;
        let (mut reading, mut writing) = connect(&registry).await.into_split();
        let head = format!(
            "PATCH {session} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3000\r\n\r\n"
        );
        writing.write_all(head.as_bytes()).await.unwrap();
        let sending = tokio::spawn(async move {
            for _ in 0..30 {
                writing.write_all(&[b'x'; 100]).await.ok();
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let mut answer = String::new();
        reading.read_to_string(&mut answer).await.ok();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{least_rate}: {answer}"
        );
        sending.abort();
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let registry = start_with(Kind::Memory, impatient()).await;
    let content = vec![0; 64 * 1024 * 1024];
    let digest = registry.push_blob("a", &content).await;
    let mut stream = connect(&registry).await;
    let request = format!("GET /v2/a/blobs/{digest} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut read = Vec::new();
    stream.read_to_end(&mut read).await.ok();
    assert!(read.len() < content.len());
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let registry = start(Kind::Memory).await;
    let head = |headers: String| format!("GET /v2/ HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
    let many: String = (0..200).map(|number| format!("x-{number}: y\r\n")).collect();
    let large = format!("x-large: {}\r\n", "y".repeat(1024 * 1024));
    for headers in [many, large] {
        let answer = raw(registry.server.addr(), head(headers)).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 431 "),
            "{answer}"
        );
    }
    let uri = format!("GET /v2/{} HTTP/1.1\r\nhost: x\r\n\r\n", "y".repeat(1024 * 1024));
    let answer = raw(registry.server.addr(), uri).await;
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    registry.get("/v2/").await.expect(200);
}

#[tokio::test]
async fn endless_continuations_are_cut_off() {
    let registry = start(Kind::Memory).await;
    let mut flood = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    flood.extend([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    // HEADERS on stream 1 without an end, and one CONTINUATION after the other: a literal header field each.
    flood.extend([0, 0, 0, 1, 0, 0, 0, 0, 1]);
    let field = [&[0x00, 0x01, b'x', 0x7f, 0x81, 0x7d][..], &[b'y'; 16_000]].concat();
    for _ in 0..2000 {
        let len = u32::try_from(field.len()).unwrap().to_be_bytes();
        flood.extend([len[1], len[2], len[3], 9, 0, 0, 0, 0, 1]);
        flood.extend(&field);
    }
    raw(registry.server.addr(), flood).await;
    assert_eq!(registry.server.journal().requests(), 0);
    registry.get("/v2/").await.expect(200);
}

#[tokio::test]
async fn one_connection_too_many_waits_its_turn() {
    let options = ServerOptions::default().with_connection_limit(1);
    let registry = start_with(Kind::Memory, options).await;
    let mut first = connect(&registry).await;
    first
        .write_all(b"GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    first.read_u8().await.unwrap();
    let second = tokio::spawn(call(registry.server.addr(), "GET", "/v2/").send());
    tokio::task::yield_now().await;
    assert!(!second.is_finished());
    drop(first);
    second.await.unwrap().expect(200);
}

#[tokio::test]
async fn a_shutdown_waits_for_requests_in_flight() {
    let registry = start(Kind::Memory).await;
    let addr = registry.server.addr();
    let digest = Digest::sha256(b"hello world");
    let mut stream = connect(&registry).await;
    let head = format!(
        "POST /v2/a/blobs/uploads/?digest={digest} HTTP/1.1\r\nhost: x\r\ncontent-length: 11\r\n\r\n"
    );
    stream.write_all(format!("{head}hello").as_bytes()).await.unwrap();
    let journal = registry.server.journal();
    while journal.bytes_received() < 5 {
        tokio::task::yield_now().await;
    }
    let stopping = tokio::spawn(registry.stop());
    while TcpStream::connect(addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!stopping.is_finished());
    stream.write_all(b" world").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let options = ServerOptions::default().with_shutdown_patience(Duration::ZERO);
    let registry = start_with(Kind::Memory, options).await;
    let mut stream = connect(&registry).await;
    let head = "PUT /v2/a/manifests/v1 HTTP/1.1\r\nhost: x\r\ncontent-length: 11\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let journal = registry.server.journal();
    while journal.bytes_received() == 0 {
        tokio::task::yield_now().await;
    }
    registry.stop().await;
    assert_eq!(journal.entries()[0].status.as_u16(), 499);
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let addr = server.addr();
    assert_eq!(
        (server.registry(), server.url()),
        (addr.to_string(), format!("http://{addr}"))
    );
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream
        .write_all(b"GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    stream.read_u8().await.unwrap();
    drop(server);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.ok();
    while TcpStream::connect(addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let second = Server::start(ServerOptions::default().with_addr(server.addr())).await;
    assert!(matches!(second, Err(oras_server::Error::Bind { .. })));
}

#[tokio::test]
async fn the_registry_is_a_service_for_any_server() {
    use hyper::service::Service as _;

    let layer = FaultLayer::new(FaultOptions::default());
    let service = RegistryService::new(layer.install(ServerOptions::default()));
    let request = Request::get("/v2/").body(Full::<Bytes>::default()).unwrap();
    let answer = service.call(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.collect().await.unwrap().to_bytes(), "{}");
    let entries = layer.journal().entries();
    assert_eq!(
        (entries.len(), entries[0].connection, entries[0].bytes_sent),
        (1, 0, 2)
    );
}
