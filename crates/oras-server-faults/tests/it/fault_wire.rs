//! Faults of an answer's bytes, read off the socket.

use std::time::{Duration, Instant};

use oras_server::{Route, ServerOptions};
use oras_server_faults::Fault;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::setup::{Kind, Registry, start, start_with};

const CONTENT: &[u8] = b"0123456789abcdefghij";

/// What came over a connection until it ended, and whether a reset ended it.
struct Wire {
    bytes: Vec<u8>,
    was_reset: bool,
}

impl Wire {
    fn head(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        text.split("\r\n\r\n").next().unwrap().to_owned()
    }

    fn body(&self) -> &[u8] {
        let end = self.bytes.windows(4).position(|window| window == b"\r\n\r\n");
        &self.bytes[end.unwrap() + 4..]
    }

    /// The values of `Content-Length`, in order.
    fn lengths(&self) -> Vec<String> {
        let head = self.head();
        let lines = head
            .lines()
            .filter_map(|line| line.strip_prefix("content-length: "));
        lines.map(str::to_owned).collect()
    }
}

async fn get(registry: &Registry, path: &str) -> Wire {
    let mut stream = TcpStream::connect(registry.server.addr()).await.unwrap();
    // Nothing asks for the connection to close: that is the fault's doing.
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let was_reset = stream.read_to_end(&mut bytes).await.is_err();
    Wire { bytes, was_reset }
}

async fn with(fault: Fault) -> (Registry, Wire) {
    let registry = start(Kind::Memory).await;
    let digest = registry.push_blob("a", CONTENT).await;
    registry.server.inject(fault.on_route(Route::Blob));
    let wire = get(&registry, &format!("/v2/a/blobs/{digest}")).await;
    (registry, wire)
}

#[tokio::test]
async fn a_length_can_be_anything() {
    for lengths in [
        &["-5"][..],
        &["100"],
        &["3"],
        &["20", "20"],
        &["20", "21"],
        &["many"],
    ] {
        let (_registry, wire) = with(Fault::content_length(lengths.iter().copied())).await;
        assert_eq!(wire.lengths(), lengths);
        assert_eq!((wire.body(), wire.was_reset), (CONTENT, false));
    }
}

#[tokio::test]
async fn a_length_can_come_with_chunks() {
    let (_registry, wire) = with(Fault::content_length_and_chunked(["20"])).await;
    assert_eq!(wire.lengths(), ["20"]);
    assert!(
        wire.head().contains("transfer-encoding: chunked"),
        "{}",
        wire.head()
    );
    assert_eq!(wire.body(), b"14\r\n0123456789abcdefghij\r\n0\r\n\r\n");
}

#[tokio::test]
async fn an_answer_without_a_length_can_break_off() {
    let (_registry, wire) = with(Fault::truncate_unframed(7)).await;
    assert!(
        wire.lengths().is_empty() && !wire.head().contains("chunked"),
        "{}",
        wire.head()
    );
    assert_eq!((wire.body(), wire.was_reset), (&CONTENT[..7], false));
}

#[tokio::test]
async fn an_answer_in_chunks_can_break_off() {
    let (_registry, wire) = with(Fault::truncate_chunked(7)).await;
    assert!(wire.lengths().is_empty() && wire.head().contains("transfer-encoding: chunked"));
    assert_eq!(wire.body(), b"7\r\n0123456\r\n");
}

#[tokio::test]
async fn an_answer_can_be_closed_at_any_byte() {
    let (_registry, whole) = with(Fault::close_answer(u64::MAX)).await;
    let head_end = whole.bytes.len() - CONTENT.len();
    let len = whole.bytes.len();
    for end in [0, 1, head_end - 1, head_end, head_end + 1, len - 1] {
        let (_registry, wire) = with(Fault::close_answer(end as u64)).await;
        assert_eq!((wire.bytes.len(), wire.was_reset), (end, false));
    }
}

#[tokio::test]
async fn an_answer_can_be_reset_at_any_byte() {
    for end in [0, 1, 30] {
        let (_registry, wire) = with(Fault::reset_answer(end)).await;
        assert!(
            wire.was_reset && wire.bytes.len() as u64 <= end,
            "{:?}",
            wire.bytes
        );
    }
}

#[tokio::test]
async fn an_answer_can_come_byte_by_byte() {
    let registry = start(Kind::Memory).await;
    registry
        .server
        .inject(Fault::drip_answer(1, Duration::from_millis(1)));
    let mut stream = TcpStream::connect(registry.server.addr()).await.unwrap();
    stream
        .write_all(b"GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0; 64];
    let len = stream.read(&mut first).await.unwrap();
    assert!(len < 10, "{len} bytes came at once");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(rest.ends_with(b"\r\n\r\n{}"));
}

#[tokio::test]
async fn an_answer_that_comes_slowly_is_not_taken_for_a_silent_client() {
    let options = ServerOptions::default().with_patience(Duration::from_millis(500));
    let registry = start_with(Kind::Memory, options).await;
    let digest = registry.push_blob("a", CONTENT).await;
    // Some 30 waits, which are together longer than the patience lasts.
    let fault = Fault::drip_answer(10, Duration::from_millis(50));
    registry.server.inject(fault.on_route(Route::Blob));
    let wire = get(&registry, &format!("/v2/a/blobs/{digest}")).await;
    assert_eq!((wire.body(), wire.was_reset), (CONTENT, false));
}

/// The content of a blob that was read with this fault, and whether it took at least so long.
async fn took(fault: Fault, at_least: Duration) -> (bytes::Bytes, bool) {
    let registry = start(Kind::Memory).await;
    let digest = registry.push_blob("a", CONTENT).await;
    registry.server.inject(fault.on_route(Route::Blob));
    let started = Instant::now();
    let got = registry.get(format!("/v2/a/blobs/{digest}")).await.expect(200);
    assert_eq!(got.header("content-length"), Some("20"));
    (got.body, started.elapsed() >= at_least)
}

#[tokio::test]
async fn a_body_can_come_a_few_bytes_at_a_time() {
    // Twenty bytes by threes are seven waits.
    let waits = Duration::from_millis(7 * 20);
    let got = took(Fault::drip(3, Duration::from_millis(20)), waits).await;
    assert_eq!((got.0.as_ref(), got.1), (CONTENT, true));
}

#[tokio::test]
async fn a_body_can_stop_for_a_while() {
    let wait = Duration::from_millis(100);
    let got = took(Fault::stall_for(5, wait), wait).await;
    assert_eq!((got.0.as_ref(), got.1), (CONTENT, true));
}

#[tokio::test]
async fn a_request_can_be_made_to_wait() {
    let wait = Duration::from_millis(100);
    let got = took(Fault::latency(wait), wait).await;
    assert_eq!((got.0.as_ref(), got.1), (CONTENT, true));
}

#[tokio::test]
async fn a_body_can_stop_for_ever() {
    let registry = start(Kind::Memory).await;
    let digest = registry.push_blob("a", CONTENT).await;
    registry.server.inject(Fault::stall(5).on_route(Route::Blob));
    let mut stream = TcpStream::connect(registry.server.addr()).await.unwrap();
    let request = format!("GET /v2/a/blobs/{digest} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut got = Vec::new();
    let ended = tokio::time::timeout(Duration::from_millis(300), stream.read_to_end(&mut got)).await;
    assert!(ended.is_err(), "it should not have ended");
    assert!(
        got.ends_with(b"\r\n\r\n01234"),
        "{}",
        String::from_utf8_lossy(&got)
    );
}
