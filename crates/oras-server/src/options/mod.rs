//! Options of a registry and of its server.

mod access;
mod limits;
mod protocol;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use oras_content::MAX_MANIFEST_BYTES;

use crate::origin::Scheme;
use crate::{Backend, Challenges, Layer, MemoryBackend, TokenOptions, TokenRealm, Users};

/// Practically for ever, but short enough to be added to the current time: 100 years.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Options for serving a registry.
///
/// ```
/// use oras_server::{ServerOptions, User, Users};
///
/// let options = ServerOptions::default()
///     .with_users(Users::new().with_user(User::new("ann", "secret")))
///     .with_delete(false);
/// # drop(options);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerOptions {
    pub(crate) addr: SocketAddr,
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) users: Option<Users>,
    pub(crate) tokens: bool,
    pub(crate) token_lifetime: Duration,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<crate::Tls>,
    pub(crate) token_options: TokenOptions,
    pub(crate) token_realm: TokenRealm,
    pub(crate) challenges: Challenges,
    pub(crate) second_origin: bool,
    pub(crate) tag_delete: bool,
    pub(crate) manifest_delete: bool,
    pub(crate) blob_delete: bool,
    pub(crate) referrers_api: bool,
    pub(crate) sparse_images: bool,
    pub(crate) sparse_indexes: bool,
    pub(crate) manifest_limit: u64,
    pub(crate) blob_limit: u64,
    pub(crate) chunk_min_length: u64,
    pub(crate) namespaces: bool,
    pub(crate) page_size: usize,
    pub(crate) upload_limit: usize,
    pub(crate) upload_lifetime: Duration,
    pub(crate) layer: Option<Arc<dyn Layer>>,
    pub(crate) http2: bool,
    pub(crate) connection_limit: usize,
    pub(crate) patience: Duration,
    pub(crate) least_rate: u64,
    pub(crate) shutdown_patience: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            backend: Arc::new(MemoryBackend::new()),
            users: None,
            tokens: false,
            token_lifetime: Duration::from_secs(300),
            #[cfg(feature = "tls")]
            tls: None,
            token_options: TokenOptions::default(),
            token_realm: TokenRealm::default(),
            challenges: Challenges::default(),
            second_origin: false,
            tag_delete: true,
            manifest_delete: true,
            blob_delete: true,
            referrers_api: true,
            sparse_images: false,
            sparse_indexes: true,
            manifest_limit: MAX_MANIFEST_BYTES,
            blob_limit: u64::MAX,
            chunk_min_length: 0,
            namespaces: false,
            page_size: 1000,
            upload_limit: 1000,
            upload_lifetime: Duration::from_secs(60 * 60),
            layer: None,
            http2: true,
            connection_limit: 1024,
            patience: Duration::from_secs(60),
            least_rate: 1024,
            shutdown_patience: Duration::from_secs(10),
        }
    }
}

impl ServerOptions {
    /// Sets the listening address; `127.0.0.1` and a free port by default.
    #[must_use]
    pub fn with_addr(mut self, addr: SocketAddr) -> Self {
        self.addr = addr;
        self
    }

    /// Sets the backend to serve; an empty [`MemoryBackend`] by default.
    #[must_use]
    pub fn with_backend(mut self, backend: Arc<dyn Backend>) -> Self {
        self.backend = backend;
        self
    }

    /// Sets whether there is a second listener, on a free port of the same address. It is another origin, to which a
    /// [layer](Self::with_layer) or a [token realm](Self::with_token_realm) sends clients. Default: no.
    #[must_use]
    pub fn with_second_origin(mut self, second_origin: bool) -> Self {
        self.second_origin = second_origin;
        self
    }

    /// Sets the layer in front of the handlers, which sees every request, may answer it, and sees the response. None by
    /// default.
    #[must_use]
    pub fn with_layer(mut self, layer: Arc<dyn Layer>) -> Self {
        self.layer = Some(layer);
        self
    }

    /// Returns how tokens are issued.
    pub fn token_options(&self) -> &TokenOptions {
        &self.token_options
    }

    pub(crate) fn scheme(&self) -> Scheme {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return Scheme::Https;
        }
        Scheme::Http
    }
}
