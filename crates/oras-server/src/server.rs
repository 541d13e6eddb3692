//! The server: a registry behind listening sockets.

use std::net::SocketAddr;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::acceptor::{Acceptor, Listener};
use crate::origin::{Origins, Scheme, SecondOrigin};
use crate::{Error, RegistryService, ServerOptions};

/// A registry that listens until it is shut down or dropped.
///
/// Its tasks run on the runtime that it was started on. Dropping it stops everything at once; answers in flight break
/// off.
#[derive(Debug)]
pub struct Server {
    scheme: Scheme,
    addr: SocketAddr,
    #[cfg(feature = "tls")]
    tls: Option<crate::Tls>,
    second: Option<SecondOrigin>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Server {
    /// Starts to listen.
    ///
    /// # Errors
    ///
    /// [`Error::Bind`]: the address is taken, or not one of this machine.
    pub async fn start(options: ServerOptions) -> Result<Self, Error> {
        let listener = Listener::bind(options.addr).await?;
        let addr = listener.addr();
        let second = match options.second_origin {
            true => Some(Listener::bind(SocketAddr::new(addr.ip(), 0)).await?),
            false => None,
        };
        let scheme = options.scheme();
        let origins = Origins::new(scheme, addr, second.as_ref().map(Listener::addr));
        let service = RegistryService::new(options.clone()).reached_at(origins);
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(Acceptor::new(listener, service.clone(), &options, stopped.clone()).run());
        let second = second.map(|listener| {
            let service = service.at_second_origin();
            let handle = SecondOrigin::new(scheme, listener.addr());
            tasks.spawn(Acceptor::new(listener, service, &options, stopped).run());
            handle
        });
        Ok(Self {
            scheme,
            addr,
            #[cfg(feature = "tls")]
            tls: options.tls,
            second,
            stop,
            tasks,
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

    /// The root of the registry: `http://`, or `https://` where it has TLS, address and port.
    pub fn url(&self) -> String {
        self.scheme.root(self.addr)
    }

    /// The root, as PEM, that a client has to trust, where the certificate was made on the spot by `Tls::self_signed`.
    #[cfg(feature = "tls")]
    pub fn trust_root(&self) -> Option<&str> {
        self.tls.as_ref()?.trust_root()
    }

    /// The other origin, where [`ServerOptions::with_second_origin`] asked for one.
    pub fn second_origin(&self) -> Option<&SecondOrigin> {
        self.second.as_ref()
    }

    /// Stops listening, waits for the requests in flight, no longer than
    /// [`ServerOptions::with_shutdown_patience`] says, and stops.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "the server ended before it was shut down");
            }
        }
    }
}
