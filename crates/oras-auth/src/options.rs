//! `AuthOptions`: which servers may receive a credential, and where tokens are kept.

use std::sync::Arc;

use oras_transport::Origin;

use crate::token_cache::TokenCache;

/// Options for [`AuthLayer`](crate::AuthLayer). The defaults are the safe choice.
///
/// ```
/// use oras_auth::AuthOptions;
///
/// let options = AuthOptions::default()
///     .with_trusted_realm("tokens.example")
///     .with_plain_http("registry.lan:5000");
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
pub struct AuthOptions {
    pub(crate) trusted_realms: Vec<String>,
    plain_http: Vec<String>,
    pub(crate) client_id: String,
    pub(crate) token_cache: Option<Arc<dyn TokenCache>>,
}

impl Default for AuthOptions {
    fn default() -> Self {
        Self {
            trusted_realms: Vec::new(),
            plain_http: Vec::new(),
            client_id: "oras".to_owned(),
            token_cache: None,
        }
    }
}

impl AuthOptions {
    /// Allows the token server at `host` or `host:port` to receive the credential of any registry that names it.
    ///
    /// Always trusted are the registry's own origin and a few well-known pairs: Docker Hub with `auth.docker.io`,
    /// `registry.gitlab.com` with `gitlab.com`, `nvcr.io` with `authn.nvidia.com`, and loopback with loopback.
    #[must_use]
    pub fn with_trusted_realm(mut self, host: impl Into<String>) -> Self {
        self.trusted_realms.push(host.into().to_ascii_lowercase());
        self
    }

    /// Allows credentials for the registry at `host` or `host:port` to be sent over plain HTTP, to the registry and to
    /// its trusted token servers.
    ///
    /// Anyone on the network path can read them. By default, credentials are sent over plain HTTP on this machine only:
    /// to `localhost` and the loopback addresses.
    #[must_use]
    pub fn with_plain_http(mut self, registry: impl Into<String>) -> Self {
        self.plain_http.push(registry.into().to_ascii_lowercase());
        self
    }

    /// Sets the `client_id` for requests with a refresh token. Default: `oras`.
    ///
    /// Spec: distribution, "Docker Registry v2 authentication using OAuth2".
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = client_id.into();
        self
    }

    /// Sets the token cache. Default: a [`MemoryTokenCache`](crate::MemoryTokenCache) for each
    /// [`AuthLayer`](crate::AuthLayer).
    #[must_use]
    pub fn with_token_cache(mut self, cache: Arc<dyn TokenCache>) -> Self {
        self.token_cache = Some(cache);
        self
    }

    /// Whether a credential for `registry`, a `host` or `host:port`, may be sent to `server`.
    pub(crate) fn may_send(&self, registry: &str, server: &Origin) -> bool {
        server.is_https() || server.is_loopback() || self.plain_http.iter().any(|allowed| allowed == registry)
    }
}
