//! Options of a registry and of the server in front of it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use oras_content::MAX_MANIFEST_BYTES;

use crate::journal::Observer;
use crate::origin::Scheme;
use crate::{Backend, Challenges, Entry, MemoryBackend, TokenOptions, TokenRealm, Users};

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

    /// Speaks TLS, at the second origin too, and nothing else; plain HTTP by default.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, tls: crate::Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// What to serve; an empty [`MemoryBackend`] by default.
    #[must_use]
    pub fn with_backend(mut self, backend: Arc<dyn Backend>) -> Self {
        self.backend = backend;
        self
    }

    /// Who may do what; everybody everything by default.
    #[must_use]
    pub fn with_users(mut self, users: Users) -> Self {
        self.users = Some(users);
        self
    }

    /// Whether users exchange their password for a token at `/token` first, as most public registries ask for;
    /// without, they send it with every request, which is the default. Without [users](Self::with_users) it has no
    /// effect.
    #[must_use]
    pub fn with_tokens(mut self, tokens: bool) -> Self {
        self.tokens = tokens;
        self
    }

    /// How long a token is valid; 5 minutes by default.
    #[must_use]
    pub fn with_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// How tokens are given out; by default as the specifications say.
    #[must_use]
    pub fn with_token_options(mut self, options: TokenOptions) -> Self {
        self.token_options = options;
        self
    }

    /// Which address challenges say tokens are given out at; the registry's own in full by default.
    /// [`TokenRealm::SecondOrigin`] makes that origin, too.
    ///
    /// # Panics
    ///
    /// The realm is a text with quotes, or with characters that a header does not carry.
    #[must_use]
    pub fn with_token_realm(mut self, realm: TokenRealm) -> Self {
        if let TokenRealm::Text(text) = &realm {
            let fits = |b: u8| (b.is_ascii_graphic() || b == b' ') && b != b'"' && b != b'\\';
            assert!(text.bytes().all(fits), "a realm has to fit into a header");
        }
        self.second_origin |= realm == TokenRealm::SecondOrigin;
        self.token_realm = realm;
        self
    }

    /// Which challenges come with status 401, and so by which schemes a client may log in; one by default.
    ///
    /// ```
    /// use oras_server::{Challenges, Scheme, ServerOptions, User, Users};
    ///
    /// let options = ServerOptions::default()
    ///     .with_users(Users::new().with_user(User::new("ann", "secret")))
    ///     .with_tokens(true)
    ///     .with_challenges(Challenges::Both(Scheme::Basic));
    /// # drop(options);
    /// ```
    #[must_use]
    pub fn with_challenges(mut self, challenges: Challenges) -> Self {
        self.challenges = challenges;
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

    /// Whether tags, manifests and blobs can be deleted; they can by default. What cannot is answered with status 405.
    #[must_use]
    pub fn with_delete(self, delete: bool) -> Self {
        self.with_tag_delete(delete)
            .with_manifest_delete(delete)
            .with_blob_delete(delete)
    }

    /// Whether tags can be deleted; they can by default.
    #[must_use]
    pub fn with_tag_delete(mut self, delete: bool) -> Self {
        self.tag_delete = delete;
        self
    }

    /// Whether manifests can be deleted, by digest and with all their tags; they can by default.
    #[must_use]
    pub fn with_manifest_delete(mut self, delete: bool) -> Self {
        self.manifest_delete = delete;
        self
    }

    /// Whether blobs can be deleted; they can by default.
    #[must_use]
    pub fn with_blob_delete(mut self, delete: bool) -> Self {
        self.blob_delete = delete;
        self
    }

    /// Whether referrers can be listed; they can by default. Without, the registry behaves as those that are older
    /// than distribution-spec v1.1.
    #[must_use]
    pub fn with_referrers_api(mut self, referrers_api: bool) -> Self {
        self.referrers_api = referrers_api;
        self
    }

    /// Whether manifests are taken although content that they refer to is missing. By default images are not, and
    /// indexes are.
    #[must_use]
    pub fn with_sparse(mut self, sparse: bool) -> Self {
        self.sparse_images = sparse;
        self.sparse_indexes = sparse;
        self
    }

    /// The largest manifest that is taken, in bytes; 4 MiB by default.
    #[must_use]
    pub fn with_manifest_limit(mut self, limit: u64) -> Self {
        self.manifest_limit = limit;
        self
    }

    /// The largest blob that is taken, in bytes; any by default.
    #[must_use]
    pub fn with_blob_limit(mut self, limit: u64) -> Self {
        self.blob_limit = limit;
        self
    }

    /// How many bytes each chunk of an upload has at least, but the last one; any number by default, which is 0.
    ///
    /// Clients are told by `OCI-Chunk-Min-Length` when an upload is opened. What follows a shorter chunk is refused with
    /// status 400 and the code `BLOB_UPLOAD_INVALID`: the specification names none. The upload stays open, to be
    /// closed without more bytes, or cancelled.
    ///
    /// Spec: distribution-spec v1.1, "Pushing a blob in chunks".
    #[must_use]
    pub fn with_chunk_min_length(mut self, length: u64) -> Self {
        self.chunk_min_length = length;
        self
    }

    /// Whether this is a mirror of other registries: `ns=HOST` in a request that reads `NAME` then means the repository
    /// `HOST/NAME` of the [backend](Self::with_backend), where the colon before a port is an underscore. By default the
    /// parameter is ignored, as registries may that are no mirrors.
    ///
    /// What is of another registry can be written by its whole name only, and access is that to the whole name.
    ///
    /// Spec: distribution-spec v1.1, "Registry Proxying".
    #[must_use]
    pub fn with_namespaces(mut self, namespaces: bool) -> Self {
        self.namespaces = namespaces;
        self
    }

    /// How many entries a page of a listing has at most, and where the client asks for no number; 1000 by default.
    /// It is at least 1.
    #[must_use]
    pub fn with_page_size(mut self, page_size: usize) -> Self {
        self.page_size = page_size.max(1);
        self
    }

    /// How many uploads may be open at once; 1000 by default. One more is answered with status 429.
    #[must_use]
    pub fn with_upload_limit(mut self, limit: usize) -> Self {
        self.upload_limit = limit;
        self
    }

    /// How long an upload that nothing happens to stays open; one hour by default.
    ///
    /// Over a [`FolderBackend`](crate::FolderBackend) it stays open when the server ends, for the next one on the same
    /// folder, which hashes again what is there. Its time then starts with the last byte. Nothing that is older than a
    /// week is ever found again.
    #[must_use]
    pub fn with_upload_lifetime(mut self, lifetime: Duration) -> Self {
        self.upload_lifetime = lifetime;
        self
    }

    /// How many entries the journal keeps; 100,000 by default.
    #[must_use]
    pub fn with_journal_limit(mut self, limit: usize) -> Self {
        self.journal_limit = limit;
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

    /// Whether HTTP/2 is spoken beside HTTP/1.1; it is by default.
    #[must_use]
    pub fn with_http2(mut self, http2: bool) -> Self {
        self.http2 = http2;
        self
    }

    /// How many connections may be open at once; 1024 by default. More wait to be accepted. It is at least 1.
    #[must_use]
    pub fn with_connection_limit(mut self, limit: usize) -> Self {
        self.connection_limit = limit.max(1);
        self
    }

    /// How long a client may be silent, within a head, within a body or between requests, and how long it may leave
    /// an answer unread; one minute by default.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How long [`Server::shutdown`](crate::Server::shutdown) waits for requests in flight; 10 seconds by default.
    #[must_use]
    pub fn with_shutdown_patience(mut self, patience: Duration) -> Self {
        self.shutdown_patience = patience;
        self
    }

    /// How the registry misbehaves; not at all by default. More can be [injected](crate::Server::inject) later.
    #[cfg(feature = "faults")]
    #[must_use]
    pub fn with_script(mut self, script: crate::Script) -> Self {
        self.script = script;
        self
    }

    /// Adds quirks, which the registry has from the start; none by default.
    #[cfg(feature = "faults")]
    #[must_use]
    pub fn with_quirks(mut self, quirks: impl IntoIterator<Item = crate::Quirk>) -> Self {
        self.script.quirks.extend(quirks);
        self
    }

    /// All quirks, those of profiles included.
    #[cfg(feature = "faults")]
    pub(crate) fn quirks(&self) -> impl Iterator<Item = crate::Quirk> {
        let profiles = self.script.profiles.iter().flat_map(|profile| profile.quirks());
        self.script.quirks.iter().chain(profiles).copied()
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
