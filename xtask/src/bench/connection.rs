//! Connections: HTTP/1.1 with nothing in between, so that the client is not what is measured.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, ensure};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, LOCATION};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use oras_content::{Algorithm, Hasher};
use tokio::net::TcpStream;

type Frames = BoxStream<'static, Result<Frame<Bytes>, std::convert::Infallible>>;

/// One connection, for one request after the other.
pub(super) struct Connection {
    sender: SendRequest<StreamBody<Frames>>,
    host: String,
    /// Whether it does what a client does: ask for a blob in the request that opens its upload, and hash it on its way.
    as_client: bool,
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

    /// Pushes a blob in two requests. The frames are sent as they are, one after the other.
    pub(super) async fn put_blob(&mut self, digest: &str, frames: &[Bytes]) -> anyhow::Result<()> {
        let query = match self.as_client {
            true => format!("?mount={digest}&from=bench"),
            false => String::new(),
        };
        let answer = self
            .send("POST", &format!("/v2/bench/blobs/uploads/{query}"), "", &[])
            .await?;
        ensure!(
            answer.status() == 202,
            "an upload is answered with {}",
            answer.status()
        );
        let location = answer
            .headers()
            .get(LOCATION)
            .context("an upload has no Location")?;
        let location = location.to_str().context("a Location is no text")?.to_owned();
        drained(answer).await?;
        let path = match location.strip_prefix("http://") {
            Some(rest) => &rest[rest.find('/').unwrap_or(rest.len())..],
            None => &location,
        };
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{separator}digest={digest}");
        let answer = self
            .send("PUT", &path, "application/octet-stream", frames)
            .await?;
        ensure!(
            answer.status() == 201,
            "a blob is answered with {}",
            answer.status()
        );
        drained(answer).await.map(drop)
    }

    pub(super) async fn put_manifest(&mut self, tag: &str, kind: &str, bytes: &Bytes) -> anyhow::Result<()> {
        let path = format!("/v2/bench/manifests/{tag}");
        let answer = self.send("PUT", &path, kind, std::slice::from_ref(bytes)).await?;
        ensure!(
            answer.status() == 201,
            "a manifest is answered with {}",
            answer.status()
        );
        drained(answer).await.map(drop)
    }

    /// Reads something to its end; how many bytes it has.
    pub(super) async fn get(&mut self, path: &str) -> anyhow::Result<u64> {
        let answer = self.send("GET", path, "", &[]).await?;
        ensure!(
            answer.status() == 200,
            "{path} is answered with {}",
            answer.status()
        );
        match self.as_client {
            true => hashed(answer).await,
            false => drained(answer).await,
        }
    }

    /// Reads something to its end into a file, and hashes it on another thread than the socket's.
    pub(super) async fn get_into(&mut self, path: &str, file: &Path) -> anyhow::Result<()> {
        let answer = self.send("GET", path, "", &[]).await?;
        ensure!(
            answer.status() == 200,
            "{path} is answered with {}",
            answer.status()
        );
        let mut file = File::create(file)?;
        let (frames, taken) = std::sync::mpsc::sync_channel::<Bytes>(16);
        let written = tokio::task::spawn_blocking(move || {
            let mut hasher = Hasher::new(Algorithm::Sha256);
            for frame in taken {
                hasher.update(&frame);
                file.write_all(&frame)?;
            }
            std::hint::black_box(hasher.finish());
            std::io::Result::Ok(())
        });
        let mut body = answer.into_body();
        while let Some(frame) = body.frame().await {
            if let Ok(bytes) = frame?.into_data() {
                frames.send(bytes).context("the file is gone")?;
            }
        }
        drop(frames);
        Ok(written.await??)
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        kind: &str,
        frames: &[Bytes],
    ) -> anyhow::Result<Response<Incoming>> {
        let len: usize = frames.iter().map(Bytes::len).sum();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.host)
            .header("accept", "application/vnd.oci.image.manifest.v1+json");
        if method != "GET" {
            request = request.header(CONTENT_LENGTH, len).header(CONTENT_TYPE, kind);
        }
        let mut hasher = self.as_client.then(|| Hasher::new(Algorithm::Sha256));
        let frames = stream::iter(frames.to_vec()).map(move |frame| {
            if let Some(hasher) = &mut hasher {
                hasher.update(&frame);
            }
            Ok(Frame::data(frame))
        });
        let request = request.body(StreamBody::new(frames.boxed()))?;
        self.sender.ready().await?;
        Ok(self.sender.send_request(request).await?)
    }
}

/// Reads a body and hashes it; how many bytes it had.
async fn hashed(answer: Response<Incoming>) -> anyhow::Result<u64> {
    let mut body = answer.into_body();
    let (mut hasher, mut len) = (Hasher::new(Algorithm::Sha256), 0);
    while let Some(frame) = body.frame().await {
        if let Some(bytes) = frame?.data_ref() {
            hasher.update(bytes);
            len += bytes.len() as u64;
        }
    }
    std::hint::black_box(hasher.finish());
    Ok(len)
}

/// Reads a body and throws it away; how many bytes it had.
async fn drained(answer: Response<Incoming>) -> anyhow::Result<u64> {
    let mut body = answer.into_body();
    let mut len = 0;
    while let Some(frame) = body.frame().await {
        len += frame?.data_ref().map_or(0, Bytes::len) as u64;
    }
    Ok(len)
}
