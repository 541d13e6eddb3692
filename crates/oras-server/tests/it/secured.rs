//! A client that speaks TLS, and trusts and shows what it is told.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use oras_server::ClientIdentity;
use oras_server_faults::Server;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::Reply;

#[derive(Clone, Default)]
pub(crate) struct Client {
    root: String,
    identity: Option<ClientIdentity>,
    alpn: Vec<Vec<u8>>,
    versions: Option<&'static SupportedProtocolVersion>,
}

impl Client {
    /// Trusts what vouches for this server.
    pub(crate) fn of(server: &Server) -> Self {
        Self::trusting(server.plain().trust_root().unwrap())
    }

    pub(crate) fn trusting(root: &str) -> Self {
        Self {
            root: root.to_owned(),
            ..Self::default()
        }
    }

    /// Shows this certificate.
    pub(crate) fn showing(mut self, identity: ClientIdentity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Offers these protocols.
    pub(crate) fn offering(mut self, protocols: &[&str]) -> Self {
        self.alpn = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        self
    }

    /// Speaks this version of TLS only.
    pub(crate) fn only(mut self, version: &'static SupportedProtocolVersion) -> Self {
        self.versions = Some(version);
        self
    }

    fn config(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.root.as_bytes()).unwrap();
        roots.add(root).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = match self.versions {
            Some(version) => vec![version],
            None => rustls::ALL_VERSIONS.to_vec(),
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let certificate = CertificateDer::from_pem_slice(identity.certificate().as_bytes());
                let key = PrivateKeyDer::from_pem_slice(identity.key().as_bytes());
                builder
                    .with_client_auth_cert(vec![certificate.unwrap()], key.unwrap())
                    .unwrap()
            }
        };
        config.alpn_protocols.clone_from(&self.alpn);
        config
    }

    /// Connects to the server by this name.
    pub(crate) async fn connect_as(&self, server: &Server, name: &str) -> io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(server.addr()).await?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        TlsConnector::from(Arc::new(self.config()))
            .connect(name, stream)
            .await
    }

    pub(crate) async fn connect(&self, server: &Server) -> io::Result<TlsStream<TcpStream>> {
        self.connect_as(server, "127.0.0.1").await
    }

    /// Sends a request in the version of HTTP that was agreed on.
    pub(crate) async fn send(&self, server: &Server, request: Request<Full<Bytes>>) -> io::Result<Reply> {
        let stream = self.connect(server).await?;
        exchange(stream, request).await.map_err(io::Error::other)
    }

    pub(crate) async fn get(&self, server: &Server, path: &str) -> io::Result<Reply> {
        self.send(server, get(server, path)).await
    }

    /// Writes these bytes and reads until the end.
    pub(crate) async fn raw(&self, server: &Server, bytes: &[u8]) -> String {
        let mut stream = self.connect(server).await.unwrap();
        stream.write_all(bytes).await.ok();
        stream.flush().await.ok();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.ok();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

pub(crate) fn get(server: &Server, path: &str) -> Request<Full<Bytes>> {
    let request = Request::get(format!("{}{path}", server.url()));
    request
        .header("host", server.registry())
        .body(Full::default())
        .unwrap()
}

async fn exchange(
    stream: TlsStream<TcpStream>,
    mut request: Request<Full<Bytes>>,
) -> Result<Reply, hyper::Error> {
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let stream = TokioIo::new(stream);
    let response = if is_http2 {
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await?;
        tokio::spawn(connection);
        request.headers_mut().remove("host");
        *request.version_mut() = Version::HTTP_2;
        sender.send_request(request).await?
    } else {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
        tokio::spawn(connection);
        let path = request.uri().path_and_query().unwrap().as_str().parse();
        *request.uri_mut() = path.unwrap();
        sender.send_request(request).await?
    };
    let (head, body) = response.into_parts();
    Ok(Reply {
        status: head.status.as_u16(),
        headers: head.headers,
        body: body.collect().await?.to_bytes(),
    })
}
