//! Connections: sockets that notice a silent client and can be torn down on purpose.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
#[cfg(feature = "faults")]
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep};

#[cfg(feature = "faults")]
use crate::fault::{Progress, Wire};
use crate::stream::Stream;

/// What the parts of a connection know of each other.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    id: u64,
    busy: AtomicUsize,
    /// Whether it became the client's turn since somebody looked.
    turned: AtomicBool,
    reset: AtomicBool,
    leaving: Notify,
    #[cfg(feature = "faults")]
    wire: Mutex<Option<Wire>>,
}

impl Connection {
    pub(crate) fn new(id: u64) -> Arc<Self> {
        Arc::new(Self {
            id,
            ..Self::default()
        })
    }

    /// Counted from 1; 0 where there is no connection.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Says that a request is being handled, until the guard is dropped or given the client's turn.
    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Relaxed);
        Busy {
            connection: Arc::clone(self),
            is_ours: true,
        }
    }

    /// Makes the socket close with a reset instead of an orderly end.
    #[cfg(feature = "faults")]
    pub(crate) fn reset(&self) {
        self.reset.store(true, Relaxed);
    }

    /// Makes the request in flight the last one.
    #[cfg(feature = "faults")]
    pub(crate) fn go_away(&self) {
        self.leaving.notify_one();
    }

    /// Sends all that follows by way of `wire`.
    #[cfg(feature = "faults")]
    pub(crate) fn rewire(&self, wire: Wire) {
        *self.wire.lock().unwrap_or_else(PoisonError::into_inner) = Some(wire);
    }

    /// Waits until the request in flight is to be the last one.
    pub(crate) async fn leaving(&self) {
        self.leaving.notified().await;
    }
}

/// A request in flight, for which it is the server's turn or the client's.
#[derive(Debug)]
pub(crate) struct Busy {
    connection: Arc<Connection>,
    is_ours: bool,
}

impl Busy {
    /// There is something to do for the request.
    pub(crate) fn our_turn(&mut self) {
        if !self.is_ours {
            self.is_ours = true;
            self.connection.busy.fetch_add(1, Relaxed);
        }
    }

    /// The client has to take what there is before anything more is done.
    pub(crate) fn clients_turn(&mut self) {
        if self.is_ours {
            self.is_ours = false;
            self.connection.turned.store(true, Relaxed);
            self.connection.busy.fetch_sub(1, Relaxed);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.clients_turn();
    }
}

/// A socket that gives up on a client that neither asks nor takes what it asked for.
///
/// Reading counts as silence only while it is the client's turn for every request in flight: how long a body may stall
/// is the body's affair.
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
        let has_turned = self.connection.turned.swap(false, Relaxed);
        if has_turned || self.connection.busy.load(Relaxed) > 0 {
            self.reading.as_mut().reset(Instant::now() + self.patience);
        }
        ready!(self.reading.as_mut().poll(cx));
        Poll::Ready(timed_out("the client is silent"))
    }

    /// Says that the client gave a sign of life.
    fn heard(&mut self) {
        self.reading.as_mut().reset(Instant::now() + self.patience);
    }
}

/// How long something has been waiting for the client to read.
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

    /// Lets what cannot go on wait no longer than the patience lasts.
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

#[cfg(feature = "faults")]
impl Socket {
    /// Writes by way of the wire of the connection; `None` where it has none.
    fn poll_wire(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Option<Poll<io::Result<()>>> {
        self.by_wire(|wire, stream| {
            let mut polled = wire.poll_take(cx, stream, bytes);
            if let Poll::Ready(Ok(Progress::Done)) = polled {
                // What was taken may wait: the next call goes on with it.
                if let Poll::Ready(drained) = wire.poll_drain(cx, stream) {
                    polled = Poll::Ready(drained);
                }
            }
            polled
        })
    }

    /// Writes what the wire holds.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.by_wire(|wire, stream| wire.poll_drain(cx, stream));
        polled.unwrap_or(Poll::Ready(Ok(())))
    }

    /// Writes by way of the wire of the connection, which counts as a sign of life as all writing does.
    fn by_wire(
        &mut self,
        write: impl FnOnce(&mut Wire, &mut Stream) -> Poll<io::Result<Progress>>,
    ) -> Option<Poll<io::Result<()>>> {
        let mut wire = self
            .connection
            .wire
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (polled, has_sent) = {
            let wire = wire.as_mut()?;
            let before = wire.sent();
            (write(wire, &mut self.stream), wire.sent() > before)
        };
        drop(wire);
        if has_sent {
            self.heard();
        }
        Some(polled.map(|progress| self.connection.end(progress?)))
    }
}

#[cfg(feature = "faults")]
impl Connection {
    /// Ends the connection where the answer is to end.
    fn end(&self, progress: Progress) -> io::Result<()> {
        let Progress::Cut(with_reset) = progress else {
            return Ok(());
        };
        if with_reset {
            self.reset();
        }
        Err(io::Error::new(
            io::ErrorKind::BrokenPipe,
            "the answer was asked to end here",
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
        #[cfg(feature = "faults")]
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
        #[cfg(feature = "faults")]
        {
            let first = bufs.iter().find(|buf| !buf.is_empty());
            let first: &[u8] = first.map_or(&[], |buf| buf);
            if let Some(polled) = self.poll_wire(cx, first) {
                return polled.map_ok(|()| first.len());
            }
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
        #[cfg(feature = "faults")]
        ready!(self.poll_drain(cx))?;
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        self.flushing.watch(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.connection.reset.load(Relaxed) {
            return Poll::Ready(Ok(()));
        }
        let polled = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.flushing.watch(cx, polled)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.connection.reset.load(Relaxed) {
            // A socket that is gone already cannot be reset any more, and need not be.
            self.stream.tcp().set_zero_linger().ok();
        }
    }
}

fn timed_out(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}
