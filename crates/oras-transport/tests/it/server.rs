//! A small server on 127.0.0.1 that answers from a script and keeps what it was sent.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One request, as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    /// Request line and headers in lower case, each line ended by CR and LF.
    pub(crate) head: String,
    /// The content, without the framing of chunks.
    pub(crate) body: Vec<u8>,
    /// Whether the content ended as it should.
    pub(crate) complete: bool,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(found, value)| (found == name).then_some(value))
    }
}

/// What the server does with a request.
pub(crate) enum Reply {
    /// Sends these bytes and waits for the next request.
    Send(Vec<u8>),
    /// Sends these bytes and ends the connection.
    Last(Vec<u8>),
    /// Resets the connection without an answer.
    Reset,
    /// Sends content for as long as it is taken.
    Endless,
}

#[derive(Clone)]
pub(crate) struct Server {
    address: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Answers the request of this number, counted from 0 over all connections.
    pub(crate) async fn start(script: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap().to_string(),
            received: Arc::default(),
        };
        let (running, script) = (server.clone(), Arc::new(script));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (running, script) = (running.clone(), Arc::clone(&script));
                tokio::spawn(async move { running.serve(socket, &*script).await });
            }
        });
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    async fn serve(&self, mut socket: TcpStream, script: &(dyn Fn(usize, &Received) -> Reply + Sync)) {
        let mut ahead = Vec::new();
        while let Some(request) = read_request(&mut socket, &mut ahead).await {
            let number = {
                let mut received = self.received.lock().unwrap();
                received.push(request.clone());
                received.len() - 1
            };
            if !request.complete {
                return;
            }
            match script(number, &request) {
                Reply::Send(bytes) => {
                    if socket.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Reply::Last(bytes) => {
                    let _ = socket.write_all(&bytes).await;
                    return;
                }
                Reply::Reset => {
                    let _ = socket.set_zero_linger();
                    return;
                }
                Reply::Endless => {
                    let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                    while socket.write_all(&[b'x'; 4096]).await.is_ok() {}
                    return;
                }
            }
        }
    }
}

/// An answer with content.
pub(crate) fn reply(status: u16, headers: &[(&str, &str)], content: &[u8]) -> Reply {
    let mut bytes = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", content.len());
    for (name, value) in headers {
        bytes.push_str(&format!("{name}: {value}\r\n"));
    }
    bytes.push_str("\r\n");
    Reply::Send([bytes.as_bytes(), content].concat())
}

/// An answer to `HEAD` or without content.
pub(crate) fn bare(status: u16, headers: &[(&str, &str)]) -> Reply {
    reply(status, headers, b"")
}

async fn read_request(socket: &mut (impl AsyncRead + Unpin), ahead: &mut Vec<u8>) -> Option<Received> {
    let end = loop {
        match find(ahead, b"\r\n\r\n") {
            Some(end) => break end + 4,
            None => more(socket, ahead).await?,
        }
    };
    let head: Vec<u8> = ahead.drain(..end).collect();
    let mut request = Received {
        head: String::from_utf8_lossy(&head).to_lowercase(),
        ..Received::default()
    };
    if request.header("transfer-encoding").is_some() {
        request.complete = read_chunks(socket, ahead, &mut request.body).await.is_some();
        return Some(request);
    }
    let length: usize = request
        .header("content-length")
        .map_or(0, |text| text.parse().unwrap());
    while ahead.len() < length {
        if more(socket, ahead).await.is_none() {
            request.body = std::mem::take(ahead);
            return Some(request);
        }
    }
    request.body = ahead.drain(..length).collect();
    request.complete = true;
    Some(request)
}

async fn read_chunks(
    socket: &mut (impl AsyncRead + Unpin),
    ahead: &mut Vec<u8>,
    body: &mut Vec<u8>,
) -> Option<()> {
    loop {
        let line = loop {
            match find(ahead, b"\r\n") {
                Some(line) => break line,
                None => more(socket, ahead).await?,
            }
        };
        let size = usize::from_str_radix(std::str::from_utf8(&ahead[..line]).ok()?, 16).ok()?;
        let end = line + 2 + size + 2;
        while ahead.len() < end {
            more(socket, ahead).await?;
        }
        body.extend_from_slice(&ahead[line + 2..end - 2]);
        ahead.drain(..end);
        if size == 0 {
            return Some(());
        }
    }
}

async fn more(socket: &mut (impl AsyncRead + Unpin), ahead: &mut Vec<u8>) -> Option<()> {
    let count = socket.read_buf(ahead).await.ok()?;
    (count > 0).then_some(())
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}
