//! Connections: HTTP/1.1 without a client library, so that the client is not what is measured.

use std::io;
use std::net::SocketAddr;

use anyhow::{Context, ensure};
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use http_body_util::{BodyDataStream, BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, LOCATION};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use oras_content::{Algorithm, Hasher};
use tokio::net::TcpStream;

type Frames = BoxStream<'static, io::Result<Bytes>>;

/// One connection, for one request after the other.
pub(super) struct Connection {
    sender: SendRequest<StreamBody<BoxStream<'static, io::Result<Frame<Bytes>>>>>,
    host: String,
    /// Whether to do what a client does: check for a blob in the request that opens its upload, and hash it while it is
    /// sent.
    as_client: bool,
}

/// Content to send or receive.
pub(super) struct Outgoing {
    len: u64,
    frames: Frames,
}

impl Outgoing {
    pub(super) fn new(len: u64, frames: Frames) -> Self {
        Self { len, frames }
    }

    /// Creates content from these frames.
    pub(super) fn of(frames: &[Bytes]) -> Self {
        let len = frames.iter().map(|frame| frame.len() as u64).sum();
        Self::new(len, stream::iter(frames.to_vec()).map(Ok).boxed())
    }

    fn answered(answer: Response<Incoming>) -> Self {
        let len = hyper::body::Body::size_hint(answer.body()).lower();
        let frames = BodyDataStream::new(answer.into_body()).map_err(io::Error::other);
        Self::new(len, frames.boxed())
    }

    pub(super) async fn next(&mut self) -> io::Result<Option<Bytes>> {
        self.frames.try_next().await
    }

    /// Collects the content in memory.
    pub(super) async fn collected(mut self) -> anyhow::Result<Bytes> {
        let mut bytes = Vec::new();
        while let Some(frame) = self.next().await? {
            bytes.extend_from_slice(&frame);
        }
        Ok(bytes.into())
    }

    /// Reads and hashes the content, and returns its length.
    async fn hashed(mut self) -> anyhow::Result<u64> {
        let (mut hasher, mut len) = (Hasher::new(Algorithm::Sha256), 0);
        while let Some(frame) = self.next().await? {
            hasher.update(&frame);
            len += frame.len() as u64;
        }
        std::hint::black_box(hasher.finish());
        Ok(len)
    }

    /// Returns the frames as a body, hashed while they are sent if `is_hashed` is set.
    fn into_body(self, is_hashed: bool) -> StreamBody<BoxStream<'static, io::Result<Frame<Bytes>>>> {
        let mut hasher = is_hashed.then(|| Hasher::new(Algorithm::Sha256));
        let frames = self.frames.map_ok(move |frame| {
            if let Some(hasher) = &mut hasher {
                hasher.update(&frame);
            }
            Frame::data(frame)
        });
        StreamBody::new(frames.boxed())
    }
}

impl Connection {
    pub(super) async fn open(addr: SocketAddr, as_client: bool) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(addr).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            host: addr.to_string(),
            as_client,
        })
    }

    /// Pushes a blob in two requests.
    pub(super) async fn put_blob(
        &mut self,
        name: &str,
        digest: &str,
        content: Outgoing,
    ) -> anyhow::Result<()> {
        let query = match self.as_client {
            true => format!("?mount={digest}&from={name}"),
            false => String::new(),
        };
        let path = format!("/v2/{name}/blobs/uploads/{query}");
        let answer = self.send("POST", &path, "", Outgoing::of(&[])).await?;
        ensure!(
            answer.status() == 202,
            "an upload is answered with {}",
            answer.status()
        );
        let path = upload_path(&answer)?;
        drained(answer).await?;
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{separator}digest={digest}");
        let answer = self
            .send("PUT", &path, "application/octet-stream", content)
            .await?;
        ensure!(
            answer.status() == 201,
            "a blob is answered with {}",
            answer.status()
        );
        drained(answer).await.map(drop)
    }

    pub(super) async fn put_manifest(
        &mut self,
        name: &str,
        tag: &str,
        kind: &str,
        bytes: &Bytes,
    ) -> anyhow::Result<()> {
        let path = format!("/v2/{name}/manifests/{tag}");
        let content = Outgoing::of(std::slice::from_ref(bytes));
        let answer = self.send("PUT", &path, kind, content).await?;
        ensure!(
            answer.status() == 201,
            "a manifest is answered with {}",
            answer.status()
        );
        drained(answer).await.map(drop)
    }

    /// Requests content; it must be read to its end before the next request.
    pub(super) async fn get(&mut self, path: &str) -> anyhow::Result<Outgoing> {
        let answer = self.send("GET", path, "", Outgoing::of(&[])).await?;
        ensure!(
            answer.status() == 200,
            "{path} is answered with {}",
            answer.status()
        );
        Ok(Outgoing::answered(answer))
    }

    /// Reads content to its end, and returns its length.
    pub(super) async fn read(&mut self, path: &str) -> anyhow::Result<u64> {
        let is_hashed = self.as_client;
        let mut content = self.get(path).await?;
        if is_hashed {
            return content.hashed().await;
        }
        let mut len = 0;
        while let Some(frame) = content.next().await? {
            len += frame.len() as u64;
        }
        Ok(len)
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        kind: &str,
        content: Outgoing,
    ) -> anyhow::Result<Response<Incoming>> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.host)
            .header("accept", "application/vnd.oci.image.manifest.v1+json");
        if method != "GET" {
            request = request
                .header(CONTENT_LENGTH, content.len)
                .header(CONTENT_TYPE, kind);
        }
        let request = request.body(content.into_body(self.as_client))?;
        self.sender.ready().await?;
        Ok(self.sender.send_request(request).await?)
    }
}

/// Returns the path and query to which the bytes of an upload are sent.
fn upload_path(answer: &Response<Incoming>) -> anyhow::Result<String> {
    let location = answer
        .headers()
        .get(LOCATION)
        .context("an upload has no Location")?;
    let location = location.to_str().context("a Location is no text")?;
    let path = match location.strip_prefix("http://") {
        Some(rest) => &rest[rest.find('/').unwrap_or(rest.len())..],
        None => location,
    };
    Ok(path.to_owned())
}

/// Reads a body and discards it.
async fn drained(answer: Response<Incoming>) -> anyhow::Result<()> {
    let mut body = answer.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(())
}
