//! The client: connections, credentials, tokens and learnt behaviour, shared by all registries.

use std::fmt;
use std::sync::Arc;

use oras_auth::{AuthLayer, AuthenticatedService};
use oras_content::{Error, Reference, Result};
use oras_transport::{
    HttpService, LimitLayer, Request, Response, RetryLayer, TraceLayer, base_over, client as http_client,
};
use tokio::sync::Semaphore;
use tower::Service;
use tower::util::BoxCloneSyncService;
use tower_layer::Layer;

use crate::client_options::ClientOptions;
use crate::endpoint::Endpoints;
use crate::learnt::Known;
use crate::parallel::MAX_SEGMENTS;
use crate::record::UploadRecords;
use crate::uploads::Uploads;
use crate::{Registry, RegistryOptions, Repository};

/// A client for any number of registries. Clones share its connections, credentials, tokens and what it learnt of each
/// registry.
#[derive(Clone)]
pub struct Client {
    pub(crate) authenticated: AuthenticatedService,
    /// For other servers that a registry sends uploads to, which must not see the credentials.
    pub(crate) anonymous: HttpService,
    pub(crate) uploads: Uploads,
    pub(crate) upload_records: Arc<dyn UploadRecords>,
    /// Permits to hold segments of blobs in memory.
    pub(crate) segments: Arc<Semaphore>,
    pub(crate) known: Arc<Known>,
    pub(crate) endpoints: Arc<dyn Endpoints>,
    pub(crate) defaults: RegistryOptions,
}

impl Client {
    /// Creates a client with these options.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): the options cannot work, such as a certificate that
    /// cannot be read.
    pub fn new(options: ClientOptions) -> Result<Self> {
        let http =
            http_client(&options.transport).map_err(|error| Error::refused("the client's options", error))?;
        let limit = LimitLayer::of(&options.transport);
        Ok(Self::from_service(limit.layer(http), options))
    }

    /// Creates a client over a service of the caller, which sends one request and returns its response: a stack of
    /// tower layers, another HTTP library, or a test double without a socket.
    ///
    /// The client adds tracing, retries, authentication, redirects and headers, as `options` say. Connections, limits
    /// and timeouts are up to the service. It is polled for readiness before each call. To follow a redirect, the
    /// client calls the service with the next URL, by the rules of [`RedirectLayer`](oras_transport::RedirectLayer). If
    /// the body of a request fails, the service must return [`RequestBody`](oras_transport::Error::RequestBody) with
    /// the error of the body, so that the source of an upload is blamed and not the registry.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oras_content::Error> {
    /// use futures_util::TryStreamExt;
    /// use oras_content::{TagListOptions, TagLister};
    /// use oras_registry::{Client, ClientOptions};
    /// use oras_transport::{Error, Request, Response, ResponseBody};
    ///
    /// let service = tower::service_fn(|request: Request| async move {
    ///     assert_eq!(request.uri(), "https://registry.example/v2/app/tags/list");
    ///     Ok::<_, Error>(Response::new(ResponseBody::from(r#"{"tags":["v1","v2"]}"#)))
    /// });
    /// let client = Client::from_service(service, ClientOptions::default());
    /// let app = client.repository("registry.example/app")?;
    /// let tags: Vec<String> = app.tags(TagListOptions::default()).try_collect().await?;
    /// assert_eq!(tags, ["v1", "v2"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_service<S>(service: S, options: ClientOptions) -> Self
    where
        S: Service<Request, Response = Response, Error = oras_transport::Error>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        let http = base_over(service, &options.transport);
        let retry = RetryLayer::new(options.retry).with_on_waiting_of(&options.transport);
        let auth = AuthLayer::new(options.credentials, options.auth);
        let anonymous = TraceLayer::new().layer(retry.layer(http.clone()));
        let authenticated = TraceLayer::new().layer(retry.layer(auth.layer(http)));
        Self {
            authenticated: AuthenticatedService::new(authenticated),
            anonymous: BoxCloneSyncService::new(anonymous),
            uploads: Uploads::default(),
            upload_records: options.upload_records,
            segments: Arc::new(Semaphore::new(MAX_SEGMENTS)),
            known: Arc::default(),
            endpoints: options.endpoints,
            defaults: options.registry,
        }
    }

    /// Returns the registry at `name`, which is `host` or `host:port`, with the client's options.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InvalidReference`](oras_content::ErrorKind::InvalidReference): `name` is neither.
    /// - Any error of [`Endpoints::endpoints`].
    pub fn registry(&self, name: &str) -> Result<Registry> {
        self.registry_with(name, self.defaults.clone())
    }

    /// Returns the registry at `name`, with its own options.
    ///
    /// # Errors
    ///
    /// As for [`Self::registry`].
    pub fn registry_with(&self, name: &str, options: RegistryOptions) -> Result<Registry> {
        Registry::open(self, name, options)
    }

    /// Returns the repository of `reference`, such as `registry.example/team/app`, with the client's options. A tag or
    /// digest in the reference is ignored.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InvalidReference`](oras_content::ErrorKind::InvalidReference): `reference` is not a valid
    ///   reference.
    /// - Any error of [`Endpoints::endpoints`].
    pub fn repository(&self, reference: &str) -> Result<Repository> {
        self.repository_with(&reference.parse()?, self.defaults.clone())
    }

    /// Returns the repository of `reference`, with its own options.
    ///
    /// # Errors
    ///
    /// As for [`Self::repository`].
    pub fn repository_with(&self, reference: &Reference, options: RegistryOptions) -> Result<Repository> {
        Repository::open(self, reference, options)
    }

    /// Cancels, concurrently, the uploads that dropped futures and refused mounts left open. Each request takes at most
    /// two seconds.
    ///
    /// A registry expires such uploads by itself after hours or days. Call this before an interrupted program ends.
    /// Uploads that are still running fail. Recorded uploads stay open.
    ///
    /// Spec: distribution-spec, "Cancel a blob upload".
    pub async fn cancel_uploads(&self) {
        let open = self.uploads.open();
        let cancelled = open
            .iter()
            .map(|(repository, session)| repository.end(Some(session.clone())));
        futures_util::future::join_all(cancelled).await;
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
