//! What comes after a layer: the handlers of the registry, and what a layer may do to it meanwhile.

use std::fmt;
use std::sync::Arc;

use hyper::Response;

use crate::backend::Backend;
use crate::body::Body;
use crate::connection::Connection;
use crate::layer::Asked;
use crate::origin::Origin;
use crate::service::{self, RegistryService};

/// The registry behind a [`Layer`](crate::Layer), for one request. Clones are for the same one.
#[derive(Clone)]
pub struct Next {
    service: RegistryService,
}

impl Next {
    pub(crate) fn new(service: RegistryService) -> Self {
        Self { service }
    }

    /// Does what was asked, and answers as a registry should.
    pub async fn handle(&self, asked: Asked) -> Response<Body> {
        self.service.handle(asked).await
    }

    /// Gives an answer of the layer's own what every answer of this registry has: its version; and no body, but the
    /// length of the one that a `GET` would get, where only the head is wanted.
    #[must_use]
    pub fn finish(answer: Response<Body>, is_head: bool) -> Response<Body> {
        service::finish(answer, is_head)
    }

    /// The connection that the request came over.
    pub fn connection(&self) -> &Arc<Connection> {
        &self.service.connection
    }

    /// The origin that the request came to.
    pub fn origin(&self) -> Origin {
        self.service.origin
    }

    /// The root of an origin, as this client knows it: scheme, address and port. `None` where it is not known: the second
    /// one without [`ServerOptions::with_second_origin`](crate::ServerOptions::with_second_origin), both without a
    /// [`Server`](crate::Server).
    pub fn root(&self, origin: Origin) -> Option<&str> {
        self.service.origins.root(origin)
    }

    /// What the registry serves.
    pub fn backend(&self) -> &dyn Backend {
        &*self.service.registry.options.backend
    }

    /// The largest manifest that is taken, in bytes.
    pub fn manifest_limit(&self) -> u64 {
        self.service.registry.options.manifest_limit
    }

    /// Whether everybody may do everything.
    pub fn is_open(&self) -> bool {
        self.service.registry.access.is_open()
    }

    /// Makes all tokens invalid that were given out, refresh tokens aside.
    pub fn expire_tokens(&self) {
        self.service.registry.access.expire_tokens();
    }

    /// Ends an upload as if it had never been. Whether there is one with this id is not told.
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
