//! The handlers behind a layer, and what a layer may do to the registry.

use std::fmt;
use std::sync::Arc;

use hyper::Response;

use crate::backend::Backend;
use crate::body::Body;
use crate::connection::Connection;
use crate::layer::Asked;
use crate::origin::Origin;
use crate::service::{self, RegistryService};

/// The registry behind a [`Layer`](crate::Layer), for one request. Clones are for the same request.
#[derive(Clone)]
pub struct Next {
    service: RegistryService,
}

impl Next {
    pub(crate) fn new(service: RegistryService) -> Self {
        Self { service }
    }

    /// Handles the request as a correct registry does.
    pub async fn handle(&self, asked: Asked) -> Response<Body> {
        self.service.handle(asked).await
    }

    /// Completes a layer's own response with the common headers. For a `HEAD`, the body is removed, and its length is kept.
    #[must_use]
    pub fn finish(answer: Response<Body>, is_head: bool) -> Response<Body> {
        service::finish(answer, is_head)
    }

    /// Returns the connection of the request.
    pub fn connection(&self) -> &Arc<Connection> {
        &self.service.connection
    }

    /// Returns the origin that received the request.
    pub fn origin(&self) -> Origin {
        self.service.origin
    }

    /// Returns the root of an origin as this client knows it: scheme, address and port. `None` if it is unknown: the second
    /// origin without [`ServerOptions::with_second_origin`](crate::ServerOptions::with_second_origin), and both without a
    /// [`Server`](crate::Server).
    pub fn root(&self, origin: Origin) -> Option<&str> {
        self.service.origins.root(origin)
    }

    /// Returns the backend that the registry serves.
    pub fn backend(&self) -> &dyn Backend {
        &*self.service.registry.options.backend
    }

    /// Returns the maximum size of a manifest in bytes.
    pub fn manifest_limit(&self) -> u64 {
        self.service.registry.options.manifest_limit
    }

    /// Returns `true` if everybody may do everything.
    pub fn is_open(&self) -> bool {
        self.service.registry.access.is_open()
    }

    /// Invalidates all issued tokens, except refresh tokens.
    pub fn expire_tokens(&self) {
        self.service.registry.access.expire_tokens();
    }

    /// Ends an upload as if it had never existed, if there is one with this id.
    pub fn forget_upload(&self, id: &str) {
        self.service.registry.sessions.forget(id);
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next")
            .field("connection", &self.connection().id())
            .field("origin", &self.origin())
            .finish_non_exhaustive()
    }
}
