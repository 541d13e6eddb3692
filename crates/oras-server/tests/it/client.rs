//! A client that sends what it is told and hides nothing of the answer.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of an error answer, whose form is checked.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        let document = self.json();
        let first = &document["errors"][0];
        assert!(first["message"].is_string(), "{document}");
        first["code"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn expect_error(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn location(&self) -> String {
        self.header("location").unwrap().to_owned()
    }
}

/// A request in the making.
#[derive(Clone)]
pub(crate) struct Call {
    addr: SocketAddr,
    request: Request<()>,
    body: Vec<Bytes>,
    chunked: bool,
}

pub(crate) fn call(addr: SocketAddr, method: &str, path: &str) -> Call {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", addr.to_string())
        .body(())
        .unwrap();
    Call {
        addr,
        request,
        body: Vec::new(),
        chunked: false,
    }
}

impl Call {
    pub(crate) fn header(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        let value = value.as_ref().parse().unwrap();
        self.request.headers_mut().append(name, value);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = vec![body.into()];
        self
    }

    /// Sends the frames without saying how long they are together.
    pub(crate) fn chunked(mut self, frames: &[&'static [u8]]) -> Self {
        self.body = frames.iter().map(|frame| Bytes::from_static(frame)).collect();
        self.chunked = true;
        self
    }

    /// Sends the request on a connection of its own.
    pub(crate) async fn send(self) -> Reply {
        self.try_send().await.unwrap()
    }

    pub(crate) async fn try_send(self) -> Result<Reply, hyper::Error> {
        let stream = TcpStream::connect(self.addr).await.unwrap();
        if self.chunked {
            let frames = self
                .body
                .into_iter()
                .map(|bytes| Ok::<_, hyper::Error>(Frame::data(bytes)));
            let body = StreamBody::new(futures_util::stream::iter(frames));
            return exchange(stream, self.request.map(|()| body)).await;
        }
        let body = Full::new(self.body.into_iter().next().unwrap_or_default());
        exchange(stream, self.request.map(|()| body)).await
    }
}

async fn exchange<B>(stream: TcpStream, request: Request<B>) -> Result<Reply, hyper::Error>
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await?.into_parts();
    Ok(Reply {
        status: head.status.as_u16(),
        headers: head.headers,
        body: body.collect().await?.to_bytes(),
    })
}

/// Writes these bytes to a connection and reads until it closes. A reset counts as its end.
pub(crate) async fn raw(addr: SocketAddr, request: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    // A server that has had enough closes while more is written.
    stream.write_all(request.as_ref()).await.ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok();
    String::from_utf8_lossy(&answer).into_owned()
}
