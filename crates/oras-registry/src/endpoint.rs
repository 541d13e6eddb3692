//! Endpoints: the servers of a registry.

use std::fmt;

use http::HeaderMap;
use oras_content::{Reference, Result};

/// Decides which servers to use for a registry: mirrors to read from, and the registry itself.
///
/// Reads by a handle ([`fetch`](oras_content::Store), `resolve`, tags, referrers) ask the mirrors in order, and the
/// registry itself last. The next server is asked if one does not have the content, lists nothing, is unavailable,
/// limits the rate, or refuses to answer, each after the retries of the client's policy. A mirror that was unavailable
/// is skipped for 30 s. A download that breaks off at a mirror and cannot be resumed there continues at the next
/// server. All writes, and all checks that decide about a write, such as [`exists`](oras_content::Store::exists), go to
/// the registry itself. Content from a mirror is verified like any other: an implausible response is skipped, and a
/// mismatch found while reading is an error.
///
/// A mirror is told by `?ns=` which registry it is asked for. Credentials are looked up by the host of the endpoint,
/// and sent to no other. Behaviour learnt of a mirror is not assumed of the registry.
///
/// ```
/// use std::sync::Arc;
///
/// use oras_content::{Reference, Result};
/// use oras_registry::{Client, ClientOptions, Endpoint, Endpoints, Serves};
///
/// /// Reads what a digest names from a mirror nearby.
/// struct Nearby;
///
/// impl Endpoints for Nearby {
///     fn endpoints(&self, reference: &Reference) -> Result<Vec<Endpoint>> {
///         let mirror = Endpoint::new("mirror.example:5000")
///             .with_repository(format!("{}/{}", reference.registry(), reference.repository()))
///             .with_serves(Serves::Digests);
///         Ok(vec![mirror, Endpoint::of(reference)])
///     }
/// }
///
/// # fn main() -> Result<()> {
/// let client = Client::new(ClientOptions::default().with_endpoints(Arc::new(Nearby)))?;
/// let app = client.repository("registry.example/app")?;
/// assert_eq!(app.full_name(), "registry.example/app");
/// # Ok(())
/// # }
/// ```
pub trait Endpoints: Send + Sync {
    /// Returns the endpoints for `reference`, whose tag and digest do not matter: mirrors in the order to try them, and
    /// the registry itself last. Called once for each handle, with a repository or, for a
    /// [`Registry`](crate::Registry), with any name in it.
    ///
    /// # Errors
    ///
    /// Any error is passed on to the caller of [`Client::repository`](crate::Client::repository), such as
    /// [`ErrorKind::Refused`](oras_content::ErrorKind::Refused) for a registry that must not be used.
    fn endpoints(&self, reference: &Reference) -> Result<Vec<Endpoint>>;
}

/// The default [`Endpoints`]: the registry that the reference names, without mirrors.
#[derive(Clone, Copy, Debug, Default)]
pub struct Direct;

impl Endpoints for Direct {
    fn endpoints(&self, reference: &Reference) -> Result<Vec<Endpoint>> {
        Ok(vec![Endpoint::of(reference)])
    }
}

/// A server to use for a registry.
///
/// Root certificates, client certificates and certificate verification are bound to an origin in
/// [`TlsOptions`](oras_transport::TlsOptions), for mirrors as for registries, because TLS is set up when a client is
/// created.
#[derive(Clone)]
#[non_exhaustive]
pub struct Endpoint {
    /// The `host` or `host:port` to connect to.
    pub host: String,
    /// The name of the repository at this server. `None`, the default, keeps the name in the reference.
    pub repository: Option<String>,
    /// Plain HTTP or TLS. `None`, the default: [`RegistryOptions::plain_http`](crate::RegistryOptions::plain_http)
    /// decides for the registry itself; otherwise plain HTTP for this machine and TLS for all others.
    pub plain_http: Option<bool>,
    /// Headers sent to this endpoint only. Default: none.
    pub headers: HeaderMap,
    /// The content that may be read from this endpoint if it is a mirror. Default: everything.
    pub serves: Serves,
}

/// The content that may be read from a mirror.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Serves {
    /// Everything.
    #[default]
    All,
    /// Only content named by a digest, which cannot be out of date.
    Digests,
    /// Only content named by a tag, and listings.
    Tags,
}

impl Endpoint {
    /// Creates an endpoint for `host`, which may include a port.
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            repository: None,
            plain_http: None,
            headers: HeaderMap::new(),
            serves: Serves::default(),
        }
    }

    /// Creates an endpoint for the registry that `reference` names.
    pub fn of(reference: &Reference) -> Self {
        Self::new(reference.host())
    }

    /// Sets the name of the repository at this server.
    #[must_use]
    pub fn with_repository(mut self, name: impl Into<String>) -> Self {
        self.repository = Some(name.into());
        self
    }

    /// Chooses plain HTTP or TLS.
    #[must_use]
    pub fn with_plain_http(mut self, plain: bool) -> Self {
        self.plain_http = Some(plain);
        self
    }

    /// Sets the headers sent to this endpoint.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// Limits the content that may be read from this endpoint.
    #[must_use]
    pub fn with_serves(mut self, serves: Serves) -> Self {
        self.serves = serves;
        self
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.keys().collect();
        f.debug_struct("Endpoint")
            .field("host", &self.host)
            .field("repository", &self.repository)
            .field("plain_http", &self.plain_http)
            .field("headers", &names)
            .field("serves", &self.serves)
            .finish()
    }
}
