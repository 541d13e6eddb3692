//! Accepting: connections to one address, until the server stops.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::connection::{Connection, Socket};
use crate::{Error, RegistryService, ServerOptions};

/// Limits on the head of a request.
const MAX_HEADERS: usize = 100;
const MAX_HEAD_BYTES: u32 = 64 * 1024;
/// How many requests a client may have in flight on one HTTP/2 connection.
const MAX_STREAMS: u32 = 250;

/// A listening socket, and the address that it got.
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
    service: RegistryService,
    connections: Arc<Semaphore>,
    patience: Duration,
    shutdown_patience: Duration,
    stopped: watch::Receiver<bool>,
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
            service,
            connections: Arc::new(Semaphore::new(options.connection_limit)),
            patience: options.patience,
            shutdown_patience: options.shutdown_patience,
            stopped,
        }
    }

    pub(crate) async fn run(mut self) {
        let mut tasks = JoinSet::new();
        let mut count = 0;
        loop {
            let (stream, permit) = tokio::select! {
                () = until(&mut self.stopped) => break,
                Some(_) = tasks.join_next() => continue,
                accepted = accept(&self.listener, &self.connections) => accepted,
            };
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection is gone already");
                continue;
            }
            count += 1;
            let connection = Connection::new(count);
            let socket = Socket::new(stream, Arc::clone(&connection), self.patience);
            let service = self.service.on(Arc::clone(&connection));
            let stopped = self.stopped.clone();
            tasks.spawn(serve(socket, connection, service, self.patience, stopped, permit));
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

/// The next connection, as soon as there may be one more.
async fn accept(listener: &TcpListener, connections: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let permit = Arc::clone(connections).acquire_owned().await;
    let permit = permit.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) => {
                // Out of file descriptors, as a rule: others have to be closed first.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Waits for the order to stop. A server that is gone without one has stopped, too.
async fn until(stopped: &mut watch::Receiver<bool>) {
    stopped.wait_for(|stopped| *stopped).await.ok();
}

async fn serve(
    socket: Socket,
    connection: Arc<Connection>,
    service: RegistryService,
    patience: Duration,
    mut stopped: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
) {
    let builder = builder(patience);
    let served = builder.serve_connection(TokioIo::new(socket), service);
    tokio::pin!(served);
    let told = async {
        tokio::select! {
            () = until(&mut stopped) => {}
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

fn builder(patience: Duration) -> Builder<Tasks> {
    let mut builder = Builder::new(Tasks::default());
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
        .max_concurrent_streams(MAX_STREAMS);
    builder
}

/// The tasks of one connection. They end with it.
#[derive(Clone, Debug, Default)]
struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, future: F) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(future);
    }
}
