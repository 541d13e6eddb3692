//! Options of a registry and of the server in front of it.

mod access;
mod limits;
mod protocol;
#[cfg(feature = "faults")]
mod script;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use oras_content::MAX_MANIFEST_BYTES;

use crate::journal::Observer;
use crate::origin::Scheme;
use crate::{Backend, Challenges, Entry, MemoryBackend, TokenOptions, TokenRealm, Users};

/// As good as for ever, and short enough to be added to the time of day: 100 years.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// How to serve.
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
    pub(crate) journal_limit: usize,
    pub(crate) observer: Option<Observer>,
    pub(crate) http2: bool,
    pub(crate) connection_limit: usize,
    pub(crate) patience: Duration,
    pub(crate) least_rate: u64,
    pub(crate) shutdown_patience: Duration,
    #[cfg(feature = "faults")]
    pub(crate) script: crate::Script,
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
            journal_limit: 100_000,
            observer: None,
            http2: true,
            connection_limit: 1024,
            patience: Duration::from_secs(60),
            least_rate: 1024,
            shutdown_patience: Duration::from_secs(10),
            #[cfg(feature = "faults")]
            script: crate::Script::default(),
        }
    }
}

impl ServerOptions {
    /// Where to listen; `127.0.0.1` and a free port by default.
    #[must_use]
    pub fn with_addr(mut self, addr: SocketAddr) -> Self {
        self.addr = addr;
        self
    }

    /// What to serve; an empty [`MemoryBackend`] by default.
    #[must_use]
    pub fn with_backend(mut self, backend: Arc<dyn Backend>) -> Self {
        self.backend = backend;
        self
    }

    /// Whether there is a second listener, on a free port of the same address: another origin, to which faults and
    /// quirks send clients, and where [`SecondOrigin::journal`](crate::SecondOrigin::journal) tells what they showed.
    /// There is none by default.
    #[must_use]
    pub fn with_second_origin(mut self, second_origin: bool) -> Self {
        self.second_origin = second_origin;
        self
    }

    /// What is called with each entry of the journal when its answer has ended, once: it does not change any more. Nothing
    /// by default.
    ///
    /// It is called on the task that serves the connection, which it must not keep waiting.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use oras_server::{Entry, ServerOptions};
    ///
    /// let options = ServerOptions::default().with_observer(Arc::new(|entry: &Entry| {
    ///     println!("{} {} {} {}", entry.method, entry.path, entry.status, entry.bytes_sent);
    /// }));
    /// # drop(options);
    /// ```
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Fn(&Entry) + Send + Sync>) -> Self {
        self.observer = Some(Observer(observer));
        self
    }

    /// The same options, with what some of them need of others.
    pub(crate) fn complete(self) -> Self {
        #[cfg(feature = "faults")]
        return {
            let needs_second_origin = self.script.faults.iter().any(crate::Fault::needs_second_origin);
            let second_origin = self.second_origin || needs_second_origin;
            crate::quirk::Quirks::new(self.quirks()).apply(self.with_second_origin(second_origin))
        };
        #[cfg(not(feature = "faults"))]
        self
    }

    pub(crate) fn scheme(&self) -> Scheme {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return Scheme::Https;
        }
        Scheme::Http
    }
}
