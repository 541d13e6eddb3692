//! Sockets that detect silent clients and can be reset on purpose.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::connection::Connection;
use crate::stream::Stream;
use crate::wire::{Progress, Wire};

/// A socket that closes if a client neither sends requests nor reads responses.
///
/// Reading counts as silence only while all current requests wait for the client. Stalled request bodies are handled by the
/// body itself.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: Stream,
    connection: Arc<Connection>,
    patience: Duration,
    reading: Pin<Box<Sleep>>,
    writing: Stall,
    flushing: Stall,
}

impl Socket {
    pub(crate) fn new(stream: Stream, connection: Arc<Connection>, patience: Duration) -> Self {
        Self {
            stream,
            connection,
            patience,
            reading: Box::pin(tokio::time::sleep(patience)),
            writing: Stall::new(patience),
            flushing: Stall::new(patience),
        }
    }

    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.connection.was_busy() {
            self.reading.as_mut().reset(Instant::now() + self.patience);
        }
        ready!(self.reading.as_mut().poll(cx));
        Poll::Ready(timed_out("the client is silent"))
    }

    /// Records activity of the client.
    fn heard(&mut self) {
        self.reading.as_mut().reset(Instant::now() + self.patience);
    }
}

/// How long data has been waiting for the client to read.
#[derive(Debug)]
struct Stall {
    timer: Pin<Box<Sleep>>,
    patience: Duration,
    waits: bool,
}

impl Stall {
    fn new(patience: Duration) -> Self {
        Self {
            timer: Box::pin(tokio::time::sleep(patience)),
            patience,
            waits: false,
        }
    }

    /// Ends a blocked operation once the patience is used up.
    fn watch<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.waits = false;
            return polled;
        }
        if !self.waits {
            self.waits = true;
            self.timer.as_mut().reset(Instant::now() + self.patience);
        }
        ready!(self.timer.as_mut().poll(cx));
        Poll::Ready(Err(timed_out("the client does not read")))
    }
}

impl Socket {
    /// Writes through the wire of the connection; `None` if there is none.
    fn poll_wire(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Option<Poll<io::Result<()>>> {
        self.by_wire(|wire, stream| {
            let mut polled = wire.poll_take(cx, stream, bytes);
            if let Poll::Ready(Ok(Progress::Done)) = polled {
                // Accepted bytes may wait: the next call continues with them.
                if let Poll::Ready(drained) = wire.poll_drain(cx, stream) {
                    polled = Poll::Ready(drained);
                }
            }
            polled
        })
    }

    /// Writes the bytes that the wire holds.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.by_wire(|wire, stream| wire.poll_drain(cx, stream));
        polled.unwrap_or(Poll::Ready(Ok(())))
    }

    /// Writes through the wire of the connection, which counts as activity like any write.
    fn by_wire(
        &mut self,
        write: impl FnOnce(&mut dyn Wire, &mut Stream) -> Poll<io::Result<Progress>>,
    ) -> Option<Poll<io::Result<()>>> {
        let mut wire = self.connection.wire();
        let (polled, has_sent) = {
            let wire = wire.as_mut()?;
            let before = wire.sent();
            (write(&mut **wire, &mut self.stream), wire.sent() > before)
        };
        drop(wire);
        if has_sent {
            self.heard();
        }
        Some(polled.map(|progress| self.connection.end(progress?)))
    }
}

impl Connection {
    /// Ends the connection if the wire ends it.
    fn end(&self, progress: Progress) -> io::Result<()> {
        let Progress::Cut { with_reset } = progress else {
            return Ok(());
        };
        if with_reset {
            self.reset();
        }
        Err(io::Error::new(
            io::ErrorKind::BrokenPipe,
            "the wire of the connection ended it here",
        ))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(read) => {
                self.heard();
                Poll::Ready(read)
            }
            Poll::Pending => self.poll_silence(cx).map(Err),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(polled) = self.poll_wire(cx, buf) {
            return polled.map_ok(|()| buf.len());
        }
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        if polled.is_ready() {
            self.heard();
        }
        self.writing.watch(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.iter().find(|buf| !buf.is_empty());
        let first: &[u8] = first.map_or(&[], |buf| buf);
        if let Some(polled) = self.poll_wire(cx, first) {
            return polled.map_ok(|()| first.len());
        }
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        if polled.is_ready() {
            self.heard();
        }
        self.writing.watch(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        self.flushing.watch(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.connection.is_reset() {
            return Poll::Ready(Ok(()));
        }
        let polled = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.flushing.watch(cx, polled)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.connection.is_reset() {
            // A closed socket cannot be reset, and need not be.
            self.stream.tcp().set_zero_linger().ok();
        }
    }
}

fn timed_out(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}
