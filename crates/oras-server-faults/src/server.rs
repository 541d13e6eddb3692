//! The server: a registry for tests behind listening sockets.

use std::net::SocketAddr;

use oras_server::{Error, ServerOptions};

use crate::{Fault, FaultLayer, FaultOptions, Journal};

/// A registry for tests, which listens until it is shut down or dropped: [`oras_server::Server`] with a [`FaultLayer`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use oras_server::ServerOptions;
/// use oras_server_faults::{FaultOptions, Quirk, Server};
///
/// let quirks = FaultOptions::default().with_quirks([Quirk::TagsNull]);
/// let server = Server::start_with(ServerOptions::default(), quirks).await?;
/// println!("push to {}/my/app:v1", server.registry());
/// assert_eq!(server.journal().requests(), 0);
/// server.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    inner: oras_server::Server,
    layer: FaultLayer,
}

impl Server {
    /// Starts listening. The server misbehaves only by [injected](Self::inject) faults.
    ///
    /// # Errors
    ///
    /// As [`oras_server::Server::start`].
    pub async fn start(options: ServerOptions) -> Result<Self, Error> {
        Self::start_with(options, FaultOptions::default()).await
    }

    /// Starts listening, with faults and quirks from the first request on.
    ///
    /// # Errors
    ///
    /// As [`oras_server::Server::start`].
    pub async fn start_with(options: ServerOptions, faults: FaultOptions) -> Result<Self, Error> {
        let layer = FaultLayer::new(faults);
        let inner = oras_server::Server::start(layer.install(options)).await?;
        Ok(Self { inner, layer })
    }

    /// Returns the listening address.
    pub fn addr(&self) -> SocketAddr {
        self.inner.addr()
    }

    /// Returns the registry's name in references: address and port.
    pub fn registry(&self) -> String {
        self.inner.registry()
    }

    /// Returns the root of the registry: `http://`, or `https://` if it has TLS, address and port.
    pub fn url(&self) -> String {
        self.inner.url()
    }

    /// Returns the underlying server, for its other methods, such as the root to trust if it uses TLS.
    pub fn plain(&self) -> &oras_server::Server {
        &self.inner
    }

    /// Returns the journal of the registry.
    pub fn journal(&self) -> Journal {
        self.layer.journal()
    }

    /// Returns the second origin, if [`ServerOptions::with_second_origin`], a fault or a quirk enables it.
    pub fn second_origin(&self) -> Option<SecondOrigin> {
        let inner = self.inner.second_origin()?.clone();
        let journal = self.layer.second_journal();
        Some(SecondOrigin { inner, journal })
    }

    /// Injects a fault.
    pub fn inject(&self, fault: Fault) {
        self.layer.inject(fault);
    }

    /// Stops listening, and waits for current requests, at most as long as [`ServerOptions::with_shutdown_patience`] says.
    pub async fn shutdown(self) {
        self.inner.shutdown().await;
    }
}

/// A second address of a registry, to which it sends clients for some requests. It has its own journal.
#[derive(Clone, Debug)]
pub struct SecondOrigin {
    inner: oras_server::SecondOrigin,
    journal: Journal,
}

impl SecondOrigin {
    /// Returns the listening address.
    pub fn addr(&self) -> SocketAddr {
        self.inner.addr()
    }

    /// Returns its root: `http://`, or `https://` if the server has TLS, address and port.
    pub fn url(&self) -> String {
        self.inner.url()
    }

    /// Returns the journal of this origin.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }
}
