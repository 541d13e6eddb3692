//! `ClientOptions`: how a client connects, identifies and repeats, and where it goes.

use std::fmt;
use std::sync::Arc;

use oras_auth::{AuthOptions, CredentialProvider, NoCredentials};
use oras_transport::{RetryOptions, RetryPolicy, TransportOptions};

use crate::RegistryOptions;
use crate::endpoint::{Direct, Endpoints};
use crate::record::{NoRecords, UploadRecords};

/// How a client connects, identifies and repeats, and where it goes.
#[derive(Clone)]
#[non_exhaustive]
pub struct ClientOptions {
    /// Time-outs, proxies, TLS, and headers by origin.
    pub transport: TransportOptions,
    /// Which requests are repeated, and how patiently. Default: [`RetryOptions`].
    pub retry: Arc<dyn RetryPolicy>,
    /// Who may see a credential.
    pub auth: AuthOptions,
    /// Where credentials come from. Default: nowhere.
    pub credentials: Arc<dyn CredentialProvider>,
    /// Which servers stand for a registry. Default: [`Direct`], the registry itself.
    pub endpoints: Arc<dyn Endpoints>,
    /// Where it is kept how far uploads of large blobs are. Default: nowhere, so that an upload ends with its program.
    pub upload_records: Arc<dyn UploadRecords>,
    /// How registries are talked to, unless a handle is made with other options.
    pub registry: RegistryOptions,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            transport: TransportOptions::default(),
            retry: Arc::new(RetryOptions::default()),
            auth: AuthOptions::default(),
            credentials: Arc::new(NoCredentials),
            endpoints: Arc::new(Direct),
            upload_records: Arc::new(NoRecords),
            registry: RegistryOptions::default(),
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

    /// Repeats requests like this: [`RetryOptions`], a policy of the caller's own, or an `Arc<dyn RetryPolicy>`.
    #[must_use]
    pub fn with_retry(mut self, policy: impl RetryPolicy + 'static) -> Self {
        self.retry = Arc::new(policy);
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

    /// Goes to these servers for a registry.
    #[must_use]
    pub fn with_endpoints(mut self, endpoints: Arc<dyn Endpoints>) -> Self {
        self.endpoints = endpoints;
        self
    }

    /// Keeps here how far uploads of large blobs are, and takes up those that an earlier program left.
    #[must_use]
    pub fn with_upload_records(mut self, records: Arc<dyn UploadRecords>) -> Self {
        self.upload_records = records;
        self
    }

    /// Talks to registries like this.
    #[must_use]
    pub fn with_registry(mut self, registry: RegistryOptions) -> Self {
        self.registry = registry;
        self
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientOptions")
            .field("transport", &self.transport)
            .field("retry", &self.retry)
            .field("auth", &self.auth)
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}
