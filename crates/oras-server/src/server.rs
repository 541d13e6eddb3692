//! The server: a registry behind a listening socket.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::connection::{Connection, Socket};
use crate::{Error, Journal, RegistryService, ServerOptions};

/// Limits on the head of a request.
const MAX_HEADERS: usize = 100;
const MAX_HEAD_BYTES: u32 = 64 * 1024;
/// How many requests a client may have in flight on one HTTP/2 connection.
const MAX_STREAMS: u32 = 250;

/// A registry that listens until it is shut down or dropped.
///
/// Its tasks run on the runtime that it was started on. Dropping it stops everything at once; answers in flight break
/// off.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    service: RegistryService,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts to listen.
    ///
    /// # Errors
    ///
    /// [`Error::Bind`]: the address is taken, or not one of this machine.
    pub async fn start(options: ServerOptions) -> Result<Self, Error> {
        let bind = |source| Error::Bind {
            addr: options.addr,
            source,
        };
        let listener = TcpListener::bind(options.addr).await.map_err(bind)?;
        let addr = listener.local_addr().map_err(bind)?;
        let (stop, stopped) = watch::channel(false);
        let acceptor = Acceptor {
            listener,
            connections: Arc::new(Semaphore::new(options.connection_limit)),
            patience: options.patience,
            shutdown_patience: options.shutdown_patience,
            service: RegistryService::new(options),
            stopped,
        };
        let service = acceptor.service.clone();
        Ok(Self {
            addr,
            service,
            stop,
            task: tokio::spawn(acceptor.run()),
        })
    }

    /// Where the server listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The registry's name in references: address and port.
    pub fn registry(&self) -> String {
        self.addr.to_string()
    }

    /// The root of the registry: `http://`, address and port.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What the registry was asked.
    pub fn journal(&self) -> Journal {
        self.service.journal()
    }

    /// Misbehaves once as `fault` says, or as often as it says.
    #[cfg(feature = "faults")]
    pub fn inject(&self, fault: crate::Fault) {
        self.service.inject(fault);
    }

    /// Stops listening, waits for the requests in flight, no longer than
    /// [`ServerOptions::with_shutdown_patience`] says, and stops.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "the server ended before it was shut down");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Accepts connections until it is told to stop.
struct Acceptor {
    listener: TcpListener,
    service: RegistryService,
    connections: Arc<Semaphore>,
    patience: Duration,
    shutdown_patience: Duration,
    stopped: watch::Receiver<bool>,
}

impl Acceptor {
    async fn run(mut self) {
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
            let service = self.service.on(connection);
            let stopped = self.stopped.clone();
            tasks.spawn(serve(socket, service, self.patience, stopped, permit));
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
    service: RegistryService,
    patience: Duration,
    mut stopped: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
) {
    let builder = builder(patience);
    let connection = builder.serve_connection(TokioIo::new(socket), service);
    tokio::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = until(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
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
