//! Endpoints: the servers that stand for a registry.

use std::fmt;

use http::HeaderMap;
use oras_content::{Reference, Result};

/// Says which servers stand for a registry: mirrors that may be read from, and the registry itself.
///
/// Reads by a handle ([`fetch`](oras_content::Store), `resolve`, tags, referrers) ask the mirrors in order, and the
/// registry itself last: the next one is asked where one does not have what is wanted, lists nothing, is unavailable,
/// asks for patience, or refuses to answer, each after the retries of the client's policy. A mirror that was unavailable is
/// not asked again for 30 s. A download that has begun stays with the server where it began. Everything that
/// writes, and every question that decides about a write, such as [`exists`](oras_content::Store::exists), goes to the registry
/// itself. Content from a mirror is verified like any other: an answer that cannot be
/// right is passed over, and what turns out wrong while it is read is an error.
///
/// A mirror is told by `?ns=` which registry it stands for. Credentials are asked for by the host of the endpoint, and
/// shown to no other; what is learnt of a mirror is not held to be true of the registry.
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
    /// The endpoints for `reference`, whose tag and digest do not matter: mirrors in the order in which they are asked,
    /// and the registry itself last. It is asked once for each handle, about a repository or, for a
    /// [`Registry`](crate::Registry), about any of its names.
    ///
    /// # Errors
    ///
    /// What the caller of [`Client::repository`](crate::Client::repository) gets, such as
    /// [`ErrorKind::Refused`](oras_content::ErrorKind::Refused) for a registry that must not be used.
    fn endpoints(&self, reference: &Reference) -> Result<Vec<Endpoint>>;
}

/// The default [`Endpoints`]: the registry that the reference names, and no mirror.
#[derive(Clone, Copy, Debug, Default)]
pub struct Direct;

impl Endpoints for Direct {
    fn endpoints(&self, reference: &Reference) -> Result<Vec<Endpoint>> {
        Ok(vec![Endpoint::of(reference)])
    }
}

/// A server that stands for a registry.
///
/// Roots, client certificates, and whether a certificate is verified, are bound to an origin in
/// [`TlsOptions`](oras_transport::TlsOptions), for mirrors as for registries: TLS is set up when a client is made.
#[derive(Clone)]
#[non_exhaustive]
pub struct Endpoint {
    /// The `host` or `host:port` to connect to.
    pub host: String,
    /// What the repository is called there; as in the reference where `None`, the default.
    pub repository: Option<String>,
    /// Plain HTTP or TLS. Where `None`, the default: as [`RegistryOptions::plain_http`](crate::RegistryOptions::plain_http)
    /// says for the registry itself, else plain HTTP for this machine and TLS for all others.
    pub plain_http: Option<bool>,
    /// Headers that are sent to this endpoint and to no other. Default: none.
    pub headers: HeaderMap,
    /// What may be read from it, if it is a mirror. Default: everything.
    pub serves: Serves,
}

/// What may be read from a mirror.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Serves {
    /// Everything.
    #[default]
    All,
    /// Only what a digest names, which cannot be out of date.
    Digests,
    /// Only what a tag names, and listings.
    Tags,
}

impl Endpoint {
    /// The server at `host`, which may have a port.
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            repository: None,
            plain_http: None,
            headers: HeaderMap::new(),
            serves: Serves::default(),
        }
    }

    /// The registry that `reference` names.
    pub fn of(reference: &Reference) -> Self {
        Self::new(reference.host())
    }

    /// Calls the repository `name` there.
    #[must_use]
    pub fn with_repository(mut self, name: impl Into<String>) -> Self {
        self.repository = Some(name.into());
        self
    }

    /// Speaks plain HTTP, or TLS.
    #[must_use]
    pub fn with_plain_http(mut self, plain: bool) -> Self {
        self.plain_http = Some(plain);
        self
    }

    /// Sends these headers too.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// Reads only this from it.
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
