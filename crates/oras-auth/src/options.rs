//! `AuthOptions`: who may see a credential.

/// Who may see a credential. The default is the safe choice.
#[derive(Clone, Debug)]
pub struct AuthOptions {
    pub(crate) trusted_realms: Vec<String>,
    pub(crate) basic_over_http: bool,
    pub(crate) client_id: String,
}

impl Default for AuthOptions {
    fn default() -> Self {
        Self {
            trusted_realms: Vec::new(),
            basic_over_http: true,
            client_id: "oras".to_owned(),
        }
    }
}

impl AuthOptions {
    /// Trusts the token server at `host` or `host:port` with the credential of any registry that names it.
    ///
    /// Always trusted are the registry's own origin and a few well-known pairs: Docker Hub with `auth.docker.io`,
    /// `registry.gitlab.com` with `gitlab.com`, `nvcr.io` with `authn.nvidia.com`, and loopback with loopback.
    #[must_use]
    pub fn with_trusted_realm(mut self, host: impl Into<String>) -> Self {
        self.trusted_realms.push(host.into().to_ascii_lowercase());
        self
    }

    /// Whether credentials are sent over plain HTTP to hosts other than loopback. Default: yes, because an
    /// `http` URL is only ever asked for by a caller who chose it for that registry.
    #[must_use]
    pub fn with_basic_over_http(mut self, allow: bool) -> Self {
        self.basic_over_http = allow;
        self
    }

    /// The `client_id` told to token servers with a refresh token. Default: `oras`.
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = client_id.into();
        self
    }
}
