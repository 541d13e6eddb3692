//! Faults of HTTP/2, seen frame by frame.

use oras_server_faults::Fault;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::setup::{Kind, Registry, start};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

/// A frame: its type, its stream, and what is in it.
#[derive(Debug)]
struct Frame {
    kind: u8,
    stream: u32,
    payload: Vec<u8>,
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

async fn read(stream: &mut TcpStream) -> Frame {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    stream.read_exact(&mut payload).await.unwrap();
    let id = u32::from_be_bytes(head[5..].try_into().unwrap());
    Frame {
        kind: head[3],
        stream: id,
        payload,
    }
}

/// Opens a connection and asks for `/v2/` on stream 1.
async fn get_base(registry: &Registry) -> TcpStream {
    let mut stream = TcpStream::connect(registry.server.addr()).await.unwrap();
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &[]));
    // GET and http are in the static table of HPACK; the others are literals without an index.
    let mut head = vec![0x82, 0x86, 0x04, 4];
    head.extend(b"/v2/");
    head.extend([0x01, 1, b'x']);
    bytes.extend(frame(HEADERS, 0x5, 1, &head));
    stream.write_all(&bytes).await.unwrap();
    stream
}

/// Reads until there is a frame of this type.
async fn until(stream: &mut TcpStream, kind: u8) -> Frame {
    loop {
        let frame = read(stream).await;
        if frame.kind == kind {
            return frame;
        }
    }
}

#[tokio::test]
async fn a_stream_can_be_refused() {
    let registry = start(Kind::Memory).await;
    registry.server.inject(Fault::refuse_stream());
    let mut stream = get_base(&registry).await;
    let reset = until(&mut stream, RST_STREAM).await;
    assert_eq!((reset.stream, reset.payload), (1, 7u32.to_be_bytes().to_vec()));
}

#[tokio::test]
async fn a_connection_can_be_told_to_go() {
    let registry = start(Kind::Memory).await;
    registry.server.inject(Fault::go_away());
    let mut stream = get_base(&registry).await;
    let told = until(&mut stream, GOAWAY).await;
    assert_eq!((told.stream, &told.payload[4..8]), (0, &0u32.to_be_bytes()[..]));
    assert_eq!(until(&mut stream, DATA).await.payload, b"{}");
}

#[tokio::test]
async fn a_body_that_breaks_off_resets_its_stream() {
    let registry = start(Kind::Memory).await;
    registry.server.inject(Fault::truncate(1));
    let mut stream = get_base(&registry).await;
    assert_eq!(until(&mut stream, DATA).await.payload, b"{");
    assert_eq!(until(&mut stream, RST_STREAM).await.stream, 1);
}

#[tokio::test]
async fn over_http1_the_connection_ends() {
    let registry = start(Kind::Memory).await;
    let get = "GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n";
    registry.server.inject(Fault::go_away());
    let answer = crate::client::raw(registry.server.addr(), get).await;
    assert!(
        answer.contains("connection: close") && answer.ends_with("{}"),
        "{answer}"
    );
    registry.server.inject(Fault::refuse_stream());
    assert_eq!(crate::client::raw(registry.server.addr(), get).await, "");
}
