//! An HTTP client without TLS that opens a connection for each request.

use std::io::{Read, Write};
use std::net::TcpStream;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

/// Sends a request to a server that is running.
#[track_caller]
pub(crate) fn ask(address: &str, method: &str, path: &str, headers: &str, body: &[u8]) -> Reply {
    try_ask(address, method, path, headers, body).unwrap()
}

/// Sends a request to a server that may go away. Returns `None` without a complete answer. Each header ends with
/// `\r\n`.
pub(crate) fn try_ask(address: &str, method: &str, path: &str, headers: &str, body: &[u8]) -> Option<Reply> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .write_all(head(method, path, headers, body.len()).as_bytes())
        .ok()?;
    stream.write_all(body).ok()?;
    read(stream)
}

/// Returns the head of a request with a body of this length.
pub(crate) fn head(method: &str, path: &str, headers: &str, len: usize) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {len}\r\n{headers}\r\n"
    )
}

fn read(mut stream: TcpStream) -> Option<Reply> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let reply = Reply {
        status: head.split(' ').nth(1)?.parse().ok()?,
        head,
        body: bytes[end + 4..].to_vec(),
    };
    let announced: usize = reply.header("content-length").unwrap_or("0").parse().ok()?;
    (announced == reply.body.len()).then_some(reply)
}
