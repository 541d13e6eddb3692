//! The wire: how written bytes reach the socket of a connection.

use std::fmt;
use std::io;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

/// Controls everything that is written to a connection, before TLS encrypts it: every byte of every response, including
/// heads and frames.
///
/// A [`Layer`](crate::Layer) installs it with [`Connection::rewire`](crate::Connection::rewire). It may hold bytes back,
/// change them, or end the connection. Over HTTP/2 the bytes contain the responses to all requests.
pub trait Wire: fmt::Debug + Send {
    /// Returns the number of bytes written so far. An increase counts as activity of the client, like any write.
    fn sent(&self) -> u64;

    /// Takes all of `bytes`, after earlier bytes were written to `stream`.
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

    /// Writes the bytes taken to `stream`, as far and as fast as it should.
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

/// The progress of a [`Wire`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Everything that should be written is written.
    Done,
    /// The connection ends here.
    Cut {
        /// Whether with a reset instead of an orderly end.
        with_reset: bool,
    },
}
