//! The client: connections, credentials, tokens, and what was learnt, shared by all registries.

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

/// Connections, credentials and tokens, and what was learnt of each registry. Clones share them.
#[derive(Clone)]
pub struct Client {
    pub(crate) authenticated: AuthenticatedService,
    /// For servers that a registry sends to, which are none of the credentials' business.
    pub(crate) anonymous: HttpService,
    pub(crate) uploads: Uploads,
    pub(crate) upload_records: Arc<dyn UploadRecords>,
    /// The right to hold segments of blobs in memory.
    pub(crate) segments: Arc<Semaphore>,
    pub(crate) known: Arc<Known>,
    pub(crate) endpoints: Arc<dyn Endpoints>,
    pub(crate) defaults: RegistryOptions,
}

impl Client {
    /// A client with these options.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): the options cannot work, such as a certificate that cannot be read.
    pub fn new(options: ClientOptions) -> Result<Self> {
        let http =
            http_client(&options.transport).map_err(|error| Error::refused("the client's options", error))?;
        let limit = LimitLayer::of(&options.transport);
        Ok(Self::from_service(limit.layer(http), options))
    }

    /// A client over a service of the caller's own, which sends one request and gives its answer: a stack of tower
    /// layers, another HTTP library, or a double without a socket.
    ///
    /// Tracing, retries, authentication, redirects and headers go on top of it, as `options` say. Connections, limits
    /// and time-outs are the service's business; it is polled ready before each call. An answer with a redirect is
    /// followed by asking the service for the next URL, by the rules of [`RedirectLayer`](oras_transport::RedirectLayer).
    /// Where the body of a request fails, the service returns [`RequestBody`](oras_transport::Error::RequestBody) with what
    /// the body says, so that the source of an upload is blamed and not the registry.
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

    /// The registry at `name`, which is `host` or `host:port`, with the client's options.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InvalidReference`](oras_content::ErrorKind::InvalidReference): `name` is not that.
    /// - What [`Endpoints::endpoints`] says.
    pub fn registry(&self, name: &str) -> Result<Registry> {
        self.registry_with(name, self.defaults.clone())
    }

    /// The registry at `name`, with other options than the client's.
    ///
    /// # Errors
    ///
    /// As for [`Self::registry`].
    pub fn registry_with(&self, name: &str, options: RegistryOptions) -> Result<Registry> {
        Registry::open(self, name, options)
    }

    /// The repository `reference` is about, such as `registry.example/team/app`, with the client's options. A tag and a
    /// digest may be there and do not matter.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InvalidReference`](oras_content::ErrorKind::InvalidReference): `reference` is not one.
    /// - What [`Endpoints::endpoints`] says.
    pub fn repository(&self, reference: &str) -> Result<Repository> {
        self.repository_with(&reference.parse()?, self.defaults.clone())
    }

    /// The repository `reference` is about, with other options than the client's.
    ///
    /// # Errors
    ///
    /// As for [`Self::repository`].
    pub fn repository_with(&self, reference: &Reference, options: RegistryOptions) -> Result<Repository> {
        Repository::open(self, reference, options)
    }

    /// Cancels the uploads that dropped futures and refused mounts left open, all at once, each for at most two seconds.
    ///
    /// A registry ends such uploads by itself after hours or days; call this before a program ends that was
    /// interrupted. Uploads that are still under way fail; those that are recorded stay as they are.
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
