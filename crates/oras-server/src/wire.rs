//! The wire: how what is written gets to the socket of a connection.

use std::fmt;
use std::io;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

/// Takes over what is written to a connection, its TLS aside: every byte of every answer, heads and frames included.
///
/// A [`Layer`](crate::Layer) puts one in with [`Connection::rewire`](crate::Connection::rewire). It may hold bytes back,
/// change them, or end the connection; over HTTP/2 the answers of all requests are in them.
pub trait Wire: fmt::Debug + Send {
    /// How many bytes were written so far. More of them are a sign of life of the client, as all writing is.
    fn sent(&self) -> u64;

    /// Takes all of `bytes`, once what was taken before is written to `stream`.
    ///
    /// # Errors
    ///
    /// The stream failed.
    fn poll_take(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut (dyn AsyncWrite + Send + Unpin),
        bytes: &[u8],
    ) -> Poll<io::Result<Progress>>;

    /// Writes what was taken to `stream`, as far and as fast as it should be.
    ///
    /// # Errors
    ///
    /// The stream failed.
    fn poll_drain(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Poll<io::Result<Progress>>;
}

/// How far a [`Wire`] got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All that should be is written.
    Done,
    /// The connection ends here.
    Cut {
        /// Whether with a reset in place of an orderly end.
        with_reset: bool,
    },
}
