//! Clients that attack: floods, endless heads, and requests within requests, in the clear and over TLS.

use std::sync::Arc;
use std::time::Duration;

use oras_content::{MediaType, WriterExt};
use oras_layout::LayoutStore;
use oras_server::{FolderBackend, ServerOptions};
use oras_server_faults::Server;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{call, raw};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A server that is attacked.
struct Attacked {
    server: Server,
    #[cfg(feature = "self-signed")]
    client: Option<crate::secured::Client>,
}

/// A server without TLS and, where that is built, one with it.
async fn each(options: impl Fn() -> ServerOptions) -> Vec<Attacked> {
    let server = Server::start(options()).await.unwrap();
    #[cfg(feature = "self-signed")]
    {
        let tls = oras_server::Tls::self_signed().unwrap();
        let secured = Server::start(options().with_tls(tls)).await.unwrap();
        let client = crate::secured::Client::of(&secured).offering(&["h2"]);
        let plain = Attacked { server, client: None };
        let secured = Attacked {
            server: secured,
            client: Some(client),
        };
        vec![plain, secured]
    }
    #[cfg(not(feature = "self-signed"))]
    vec![Attacked { server }]
}

impl Attacked {
    async fn connect(&self) -> Box<dyn Stream> {
        #[cfg(feature = "self-signed")]
        if let Some(client) = &self.client {
            return Box::new(client.connect(&self.server).await.unwrap());
        }
        Box::new(TcpStream::connect(self.server.addr()).await.unwrap())
    }

    /// Begins HTTP/2: preface and settings.
    async fn connect_http2(&self) -> Box<dyn Stream> {
        let mut stream = self.connect().await;
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        stream.write_all(preface).await.unwrap();
        stream
    }

    /// Serves somebody else as if nothing had happened.
    async fn serves(&self) {
        #[cfg(feature = "self-signed")]
        if let Some(client) = &self.client {
            client.get(&self.server, "/v2/").await.unwrap().expect(200);
            return;
        }
        call(self.server.addr(), "GET", "/v2/").send().await.expect(200);
    }
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![len[1], len[2], len[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `GET /v2/` in HPACK.
fn get() -> Vec<u8> {
    get_of("/v2/")
}

/// `GET` in HPACK: `:method`, `:scheme`, `:path`, which is short, and `:authority`.
fn get_of(path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    block.extend(path.as_bytes());
    block.extend([0x01, 1, b'x']);
    block
}

fn options() -> ServerOptions {
    ServerOptions::default().with_patience(Duration::from_millis(500))
}

/// Writes until the server has had enough, and waits for the end of the connection.
async fn flood(mut stream: Box<dyn Stream>, bytes: &[u8]) {
    stream.write_all(bytes).await.ok();
    stream.flush().await.ok();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.ok();
}

#[tokio::test]
async fn a_hundred_thousand_headers_reach_nobody() {
    for attacked in each(options).await {
        // A literal field of one letter that is not to be remembered: five bytes.
        let fields = [0x00, 1, b'x', 1, b'y'].repeat(3000);
        let mut attack = frame(HEADERS, END_STREAM, 1, &get());
        for _ in 0..33 {
            attack.extend(frame(CONTINUATION, 0, 1, &fields));
        }
        attack.extend(frame(CONTINUATION, END_HEADERS, 1, &fields));
        flood(attacked.connect_http2().await, &attack).await;
        assert_eq!(attacked.server.journal().requests(), 0);
        attacked.serves().await;
    }
}

#[tokio::test]
async fn a_header_of_a_megabyte_reaches_nobody() {
    for attacked in each(options).await {
        // The length 1,048,576 as HPACK writes it.
        let mut field = vec![0x00, 1, b'x', 0x7f, 0x81, 0xff, 0x3f];
        field.extend([b'y'; 16_000]);
        let mut attack = frame(HEADERS, END_STREAM, 1, &get());
        attack.extend(frame(CONTINUATION, 0, 1, &field));
        for _ in 0..64 {
            attack.extend(frame(CONTINUATION, 0, 1, &[b'y'; 16_384]));
        }
        attack.extend(frame(CONTINUATION, END_HEADERS, 1, &[]));
        flood(attacked.connect_http2().await, &attack).await;
        assert_eq!(attacked.server.journal().requests(), 0);
        attacked.serves().await;
    }
}

#[tokio::test]
async fn continuations_without_an_end_are_cut_off() {
    for attacked in each(options).await {
        let mut attack = frame(HEADERS, END_STREAM, 1, &get());
        // Empty ones, which no limit on the size of a head counts.
        attack.extend(frame(CONTINUATION, 0, 1, &[]).repeat(100_000));
        flood(attacked.connect_http2().await, &attack).await;
        assert_eq!(attacked.server.journal().requests(), 0);
        attacked.serves().await;
    }
}

#[tokio::test]
async fn streams_that_are_reset_at_once_are_not_all_served() {
    for attacked in each(options).await {
        let mut attack = Vec::new();
        for number in 0..10_000 {
            let stream = 2 * number + 1;
            attack.extend(frame(HEADERS, END_STREAM | END_HEADERS, stream, &get()));
            attack.extend(frame(RESET, 0, stream, &8u32.to_be_bytes()));
        }
        flood(attacked.connect_http2().await, &attack).await;
        let served = attacked.server.journal().requests();
        assert!(served < 1000, "{served} requests were begun");
        attacked.serves().await;
    }
}

#[tokio::test]
async fn more_streams_than_agreed_on_are_refused() {
    for attacked in each(options).await {
        let mut attack = Vec::new();
        for number in 0..2000 {
            // A `POST` whose body never comes.
            let post = [&[0x83][..], &get()[1..]].concat();
            attack.extend(frame(HEADERS, END_HEADERS, 2 * number + 1, &post));
        }
        flood(attacked.connect_http2().await, &attack).await;
        let served = attacked.server.journal().requests();
        assert!(served <= 100, "{served} requests were in flight");
    }
}

#[tokio::test]
async fn questions_whose_answers_nobody_reads_end() {
    for attacked in each(options).await {
        for question in [
            frame(PING, 0, 0, &[0; 8]),
            frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0xff, 0xff]),
        ] {
            let mut stream = attacked.connect_http2().await;
            let attack = question.repeat(100_000);
            let written = async {
                loop {
                    if stream.write_all(&attack).await.is_err() {
                        return;
                    }
                }
            };
            written.await;
        }
        attacked.serves().await;
    }
}

#[tokio::test]
async fn answers_that_nobody_reads_do_not_pile_up() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path().join("a")).await.unwrap();
    let content = vec![b'x'; 1024 * 1024];
    let blob = store.push_bytes(MediaType::OCTET_STREAM, content).await.unwrap();
    let backend = Arc::new(FolderBackend::open(dir.path()).unwrap());
    let digest = blob.digest;
    for attacked in
        each(|| ServerOptions::default().with_backend(Arc::<FolderBackend>::clone(&backend))).await
    {
        let mut stream = attacked.connect_http2().await;
        // As much as there can be may be sent, on each stream and on all of them together.
        let window = 0x7fff_ffffu32.to_be_bytes();
        let mut attack = frame(SETTINGS, 0, 0, &[&[0, 4][..], &window].concat());
        attack.extend(frame(
            WINDOW_UPDATE,
            0,
            0,
            &(0x7fff_ffffu32 - 65_535).to_be_bytes(),
        ));
        let get = get_of(&format!("/v2/a/blobs/{digest}"));
        for number in 0..100 {
            attack.extend(frame(HEADERS, END_STREAM | END_HEADERS, 2 * number + 1, &get));
        }
        stream.write_all(&attack).await.unwrap();
        let journal = attacked.server.journal();
        let mut taken = 0;
        while taken == 0 || taken < journal.bytes_sent() {
            taken = journal.bytes_sent();
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        // Two frames of 256 KiB each, and what the connection holds.
        assert_eq!(journal.requests(), 100);
        assert!(taken < 64 * 1024 * 1024, "{taken} bytes wait for the client");
    }
}

#[tokio::test]
async fn a_stream_that_is_never_read_does_not_last_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path().join("a")).await.unwrap();
    let blob = store
        .push_bytes(MediaType::OCTET_STREAM, vec![b'x'; 1024 * 1024])
        .await
        .unwrap();
    let backend = Arc::new(FolderBackend::open(dir.path()).unwrap());
    for attacked in each(|| options().with_backend(Arc::<FolderBackend>::clone(&backend))).await {
        for window in [0u32, 300_000] {
            let mut stream = attacked.connect_http2().await;
            let mut attack = frame(SETTINGS, 0, 0, &[&[0, 4][..], &window.to_be_bytes()].concat());
            let get = get_of(&format!("/v2/a/blobs/{}", blob.digest));
            attack.extend(frame(HEADERS, END_STREAM | END_HEADERS, 1, &get));
            stream.write_all(&attack).await.unwrap();
            let mut answer = Vec::new();
            let read = stream.read_to_end(&mut answer);
            let ended = tokio::time::timeout(Duration::from_secs(30), read).await;
            assert!(ended.is_ok(), "{window}");
        }
        attacked.serves().await;
    }
}

#[tokio::test]
async fn a_request_within_the_body_of_another_is_not_served() {
    let within = "0\r\n\r\nGET /v2/within/tags/list HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    for (head, status) in [
        (
            "host: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked",
            "202",
        ),
        (
            "host: x\r\ntransfer-encoding: chunked\r\ncontent-length: 74",
            "202",
        ),
        ("host: x\r\ncontent-length: 5\r\ncontent-length: 74", "400"),
        ("host: x\r\ncontent-length: 5, 74", "400"),
        ("host: x\r\ncontent-length : 5", "400"),
        ("host: x\r\ncontent-length: +5", "400"),
        ("host: x\r\ncontent-length: -1", "400"),
        ("host: x\r\ncontent-length: 0x5", "400"),
        ("host: x\r\ncontent-length:\r\n 5", "400"),
        ("host: x\r\ncontent-length: 99999999999999999999", "400"),
        ("host: x\r\ntransfer-encoding: xchunked", "400"),
        ("host: x\r\ntransfer-encoding: chunked, identity", "400"),
        ("host: x\r\ntransfer-encoding : chunked", "400"),
        ("host: x\r\ntransfer-encoding: \u{b}chunked", "400"),
        ("host: x\r\nx: y\rtransfer-encoding: chunked", "400"),
        ("host: x\r\nhost: y", "400"),
        ("x: y", "400"),
    ] {
        let server = Server::start(ServerOptions::default()).await.unwrap();
        let request = format!("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n{head}\r\n\r\n{within}");
        let answer = raw(server.addr(), request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{head:?}: {answer}"
        );
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{head:?}: {answer}");
        let entries = server.journal().entries();
        assert!(
            entries.iter().all(|entry| !entry.path.contains("within")),
            "{head:?}"
        );
    }
}
