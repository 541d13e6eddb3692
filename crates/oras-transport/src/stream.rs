//! `Stream`: a TCP connection, to a server or to a proxy.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The first two bytes of a TLS alert record, with which a TLS server answers plain HTTP.
///
/// Spec: RFC 8446, section 5.1, "Record Layer": content type `alert`, legacy version 3.x.
const TLS_ALERT: [u8; 2] = [0x15, 0x03];

pub(crate) struct Stream {
    tcp: TcpStream,
    proxied: bool,
    /// The connection is plain HTTP, and nothing was read yet.
    expects_http: bool,
}

/// A server answered a plain HTTP request with a TLS record.
#[derive(Debug, thiserror::Error)]
#[error("the server answered with a TLS alert")]
pub(crate) struct SpeaksTls;

impl Stream {
    pub(crate) fn new(tcp: TcpStream, expects_http: bool) -> Self {
        Self {
            tcp,
            proxied: false,
            expects_http,
        }
    }

    pub(crate) fn to_proxy(tcp: TcpStream) -> Self {
        Self {
            tcp,
            proxied: true,
            expects_http: false,
        }
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.tcp.connected().proxy(self.proxied)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.tcp).poll_read(cx, buf))?;
        if self.expects_http {
            self.expects_http = false;
            if buf.filled()[before..].starts_with(&TLS_ALERT) {
                return Poll::Ready(Err(io::Error::other(SpeaksTls)));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
}
