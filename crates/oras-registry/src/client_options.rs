//! `ClientOptions`: connections, retries, credentials and endpoints of a client.

use std::fmt;
use std::sync::Arc;

use oras_auth::{AuthOptions, CredentialProvider, NoCredentials};
use oras_transport::{RetryOptions, RetryPolicy, TransportOptions};

use crate::RegistryOptions;
use crate::endpoint::{Direct, Endpoints};
use crate::record::{NoRecords, UploadRecords};

/// Options for a [`Client`](crate::Client).
#[derive(Clone)]
#[non_exhaustive]
pub struct ClientOptions {
    /// Timeouts, proxies, TLS, and headers by origin.
    pub transport: TransportOptions,
    /// Decides which requests are retried, how often and after which waits. Default: [`RetryOptions`].
    pub retry: Arc<dyn RetryPolicy>,
    /// The origins that credentials may be sent to.
    pub auth: AuthOptions,
    /// The source of credentials. Default: none.
    pub credentials: Arc<dyn CredentialProvider>,
    /// The servers to use for a registry. Default: [`Direct`], the registry itself.
    pub endpoints: Arc<dyn Endpoints>,
    /// The records of unfinished uploads of large blobs. Default: none, so that an upload ends with its program.
    pub upload_records: Arc<dyn UploadRecords>,
    /// The options for registries and repositories that are opened without options of their own.
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
    /// Sets the transport options.
    #[must_use]
    pub fn with_transport(mut self, transport: TransportOptions) -> Self {
        self.transport = transport;
        self
    }

    /// Sets the retry policy: [`RetryOptions`], another implementation, or an `Arc<dyn RetryPolicy>`.
    #[must_use]
    pub fn with_retry(mut self, policy: impl RetryPolicy + 'static) -> Self {
        self.retry = Arc::new(policy);
        self
    }

    /// Sets the options for authentication.
    #[must_use]
    pub fn with_auth(mut self, auth: AuthOptions) -> Self {
        self.auth = auth;
        self
    }

    /// Sets the source of credentials.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Arc<dyn CredentialProvider>) -> Self {
        self.credentials = credentials;
        self
    }

    /// Sets the servers to use for a registry.
    #[must_use]
    pub fn with_endpoints(mut self, endpoints: Arc<dyn Endpoints>) -> Self {
        self.endpoints = endpoints;
        self
    }

    /// Records uploads of large blobs here, and resumes those that an earlier program left.
    #[must_use]
    pub fn with_upload_records(mut self, records: Arc<dyn UploadRecords>) -> Self {
        self.upload_records = records;
        self
    }

    /// Sets the default options for registries.
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
