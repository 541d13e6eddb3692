//! Accepts connections on one address until the server stops.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::Version;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::socket::Socket;
use crate::stream::Stream;
use crate::{Error, RegistryService, ServerOptions};

/// Limits on the head of a request.
const MAX_HEADERS: usize = 100;
const MAX_HEAD_BYTES: u32 = 64 * 1024;
/// Maximum number of concurrent requests on one HTTP/2 connection.
const MAX_STREAMS: u32 = 100;
/// Bytes of a response that may wait for an HTTP/2 client to read them before the store is read further.
const MAX_WAITING: usize = 64 * 1024;

/// A listening socket with its address.
pub(crate) struct Listener {
    socket: TcpListener,
    addr: SocketAddr,
}

impl Listener {
    pub(crate) async fn bind(addr: SocketAddr) -> Result<Self, Error> {
        let failed = |source| Error::Bind { addr, source };
        let socket = TcpListener::bind(addr).await.map_err(failed)?;
        let addr = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, addr })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

/// Accepts connections until it is told to stop.
pub(crate) struct Acceptor {
    listener: TcpListener,
    connections: Arc<Semaphore>,
    shutdown_patience: Duration,
    host: Host,
}

/// The settings for serving a connection.
#[derive(Clone)]
struct Host {
    service: RegistryService,
    patience: Duration,
    http2: bool,
    stopped: watch::Receiver<bool>,
    #[cfg(feature = "tls")]
    tls: Option<tokio_rustls::TlsAcceptor>,
}

impl Acceptor {
    pub(crate) fn new(
        listener: Listener,
        service: RegistryService,
        options: &ServerOptions,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self {
            listener: listener.socket,
            connections: Arc::new(Semaphore::new(options.connection_limit)),
            shutdown_patience: options.shutdown_patience,
            host: Host {
                service,
                patience: options.patience,
                http2: options.http2,
                stopped,
                #[cfg(feature = "tls")]
                tls: options.tls.as_ref().map(|tls| tls.acceptor(options.http2)),
            },
        }
    }

    pub(crate) async fn run(mut self) {
        let mut tasks = JoinSet::new();
        let mut count = 0;
        loop {
            let (stream, permit) = tokio::select! {
                () = until(&mut self.host.stopped) => break,
                Some(_) = tasks.join_next() => continue,
                accepted = accept(&self.listener, &self.connections) => accepted,
            };
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection is gone already");
                continue;
            }
            count += 1;
            tasks.spawn(self.host.clone().serve(stream, Connection::new(count), permit));
        }
        drop(self.listener);
        let finished = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.shutdown_patience, finished)
            .await
            .is_err()
        {
            tracing::warn!("requests in flight were cut off");
        }
    }
}

/// Accepts the next connection, once the connection limit permits it.
async fn accept(listener: &TcpListener, connections: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let permit = Arc::clone(connections).acquire_owned().await;
    let permit = permit.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) => {
                // Usually the process is out of file descriptors, and other connections have to close first.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Waits for the signal to stop. A server that was dropped has stopped, too.
async fn until(stopped: &mut watch::Receiver<bool>) {
    stopped.wait_for(|stopped| *stopped).await.ok();
}

impl Host {
    async fn serve(mut self, stream: TcpStream, connection: Arc<Connection>, _permit: OwnedSemaphorePermit) {
        let mut stopped = self.stopped.clone();
        let secured = tokio::select! {
            biased;
            secured = self.secure(stream) => secured,
            () = until(&mut stopped) => return,
        };
        let stream = match secured {
            Ok(stream) => stream,
            Err(error) => return tracing::debug!(%error, "a handshake failed"),
        };
        let version = match self.http2 {
            true => stream.version(),
            false => Some(Version::HTTP_11),
        };
        let builder = builder(self.patience, version);
        let mut service = self.service.on(Arc::clone(&connection));
        let local = stream.tcp().local_addr().ok();
        if let Some(origins) = local.and_then(|local| service.origins.reached_by(local.ip())) {
            service = service.reached_at(origins);
        }
        let socket = Socket::new(stream, Arc::clone(&connection), self.patience);
        let served = builder.serve_connection(TokioIo::new(socket), service);
        tokio::pin!(served);
        let told = async {
            tokio::select! {
                () = until(&mut self.stopped) => {}
                () = connection.leaving() => {}
            }
        };
        let served = tokio::select! {
            served = served.as_mut() => served,
            () = told => {
                served.as_mut().graceful_shutdown();
                served.await
            }
        };
        if let Err(error) = served {
            tracing::debug!(error, "a connection broke off");
        }
    }

    /// Starts TLS on a connection, if the server uses TLS. The handshake may take as long as a client may be silent.
    async fn secure(&self, stream: TcpStream) -> io::Result<Stream> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let handshake = tokio::time::timeout(self.patience, tls.accept(stream));
            return Ok(Stream::Tls(Box::new(handshake.await??)));
        }
        Ok(Stream::Plain(stream))
    }
}

/// Returns the HTTP builder for a connection, in the negotiated version or else the one that the client starts with.
pub(crate) fn builder(patience: Duration, version: Option<Version>) -> Builder<Tasks> {
    let builder = Builder::new(Tasks::default());
    let mut builder = match version {
        Some(Version::HTTP_2) => builder.http2_only(),
        Some(_) => builder.http1_only(),
        None => builder,
    };
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEAD_BYTES)
        .max_send_buf_size(MAX_WAITING)
        .max_concurrent_streams(MAX_STREAMS);
    builder
}

/// The tasks of one connection, which end with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, future: F) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(future);
    }
}
