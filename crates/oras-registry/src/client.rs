//! The client: connections, credentials and tokens, shared by all registries.

use std::fmt;
use std::sync::Arc;

use oras_auth::{AuthLayer, AuthOptions, AuthenticatedService, CredentialProvider, NoCredentials};
use oras_content::{Error, Result};
use oras_transport::{HttpService, RetryLayer, RetryOptions, TraceLayer, TransportOptions, base};
use tower::util::BoxCloneSyncService;
use tower_layer::Layer;

use crate::uploads::Uploads;

/// How a client connects and identifies.
#[derive(Clone)]
#[non_exhaustive]
pub struct ClientOptions {
    /// Time-outs, proxies and TLS.
    pub transport: TransportOptions,
    /// How often, and how patiently, requests are repeated.
    pub retry: RetryOptions,
    /// Who may see a credential.
    pub auth: AuthOptions,
    /// Where credentials come from. Default: nowhere.
    pub credentials: Arc<dyn CredentialProvider>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            transport: TransportOptions::default(),
            retry: RetryOptions::default(),
            auth: AuthOptions::default(),
            credentials: Arc::new(NoCredentials),
        }
    }
}

impl ClientOptions {
    /// Connects like this.
    #[must_use]
    pub fn with_transport(mut self, transport: TransportOptions) -> Self {
        self.transport = transport;
        self
    }

    /// Repeats requests like this.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryOptions) -> Self {
        self.retry = retry;
        self
    }

    /// Shows credentials to these.
    #[must_use]
    pub fn with_auth(mut self, auth: AuthOptions) -> Self {
        self.auth = auth;
        self
    }

    /// Takes credentials from here.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Arc<dyn CredentialProvider>) -> Self {
        self.credentials = credentials;
        self
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientOptions")
            .field("transport", &self.transport)
            .field("retry", &self.retry)
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

/// Connections, credentials and tokens. Clones share them.
#[derive(Clone)]
pub struct Client {
    pub(crate) authenticated: AuthenticatedService,
    /// For servers that a registry sends to, which are none of the credentials' business.
    pub(crate) anonymous: HttpService,
    pub(crate) uploads: Uploads,
}

impl Client {
    /// A client with these options.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): the options cannot work, such as a certificate that cannot be read.
    pub fn new(options: ClientOptions) -> Result<Self> {
        let http = base(&options.transport)
            .map_err(|error| Error::refused("the client's options", error.to_string()))?;
        let retry = RetryLayer::new(options.retry);
        let auth = AuthLayer::new(options.credentials, options.auth);
        let anonymous = TraceLayer::new().layer(retry.layer(http.clone()));
        let authenticated = TraceLayer::new().layer(retry.layer(auth.layer(http)));
        Ok(Self {
            authenticated: AuthenticatedService::new(authenticated),
            anonymous: BoxCloneSyncService::new(anonymous),
            uploads: Uploads::default(),
        })
    }

    /// Cancels the uploads that dropped futures and refused mounts left open, all at once, each for at most two seconds.
    ///
    /// A registry ends such uploads by itself after hours or days; call this before a program ends that was
    /// interrupted. Uploads that are still under way fail.
    ///
    /// Spec: distribution-spec, "Cancel a blob upload".
    pub async fn cancel_uploads(&self) {
        let open = self.uploads.take();
        let cancelled = open
            .iter()
            .map(|(repository, session)| repository.cancel(session));
        futures_util::future::join_all(cancelled).await;
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
