//! The registry: the state that all handlers share.

use std::sync::Arc;

use hyper::{Method, Response};
use oras_content::{Descriptor, Name, Store, StoreExt};

use crate::access::Access;
use crate::body::Body;
use crate::call::Call;
use crate::error::{Code, Failure, Result};
use crate::locks::Locks;
use crate::options::ServerOptions;
use crate::upload::Sessions;

/// Options, access rules, open uploads, and locks.
pub(crate) struct Registry {
    pub(crate) options: ServerOptions,
    pub(crate) access: Access,
    pub(crate) sessions: Sessions,
    pub(crate) locks: Locks,
}

/// The result of a handler.
pub(crate) type Handled = Result<Response<Body>>;

impl Registry {
    pub(crate) fn new(options: ServerOptions) -> Self {
        Self {
            access: Access::new(&options),
            sessions: Sessions::new(options.upload_limit, options.upload_lifetime),
            locks: Locks::default(),
            options,
        }
    }

    /// Opens a repository, or returns `None` if it does not exist.
    pub(crate) async fn find(&self, name: &str) -> Result<Option<Arc<dyn Store>>> {
        let opened = self.options.backend.open(name, false).await;
        opened.map_err(|error| Failure::of_store(error, Code::NameUnknown))
    }

    /// Opens the repository of a call, which must exist.
    pub(crate) async fn repository(&self, call: &Call) -> Result<Arc<dyn Store>> {
        self.find(&call.repository)
            .await?
            .ok_or_else(|| name_unknown(call))
    }

    /// Opens the repository of a call, and creates it if necessary.
    pub(crate) async fn repository_to_write(&self, call: &Call) -> Result<Arc<dyn Store>> {
        let backend = &self.options.backend;
        if backend.is_read_only() {
            // On a read-only backend, an upload can neither be opened nor queried.
            let left = match call.method {
                Method::POST => "",
                _ => "GET, HEAD",
            };
            return Err(call.not_allowed(left).with_message("the registry is read-only"));
        }
        let opened = backend.open(&call.repository, true).await;
        opened
            .map_err(|error| Failure::of_store(error, Code::NameUnknown))?
            .ok_or_else(|| name_unknown(call))
    }

    /// Opens the repository for a deletion, if the option `may` permits it; otherwise the route supports only the methods
    /// `left`.
    pub(crate) async fn repository_to_delete_from(
        &self,
        call: &Call,
        may: bool,
        left: &'static str,
    ) -> Result<Arc<dyn Store>> {
        if self.options.backend.is_read_only() {
            return Err(call.not_allowed("GET, HEAD"));
        }
        if !may {
            return Err(call.not_allowed(left));
        }
        self.repository(call).await
    }
}

/// Resolves a tag or digest; `missing` is the code if there is none.
pub(crate) async fn resolve(store: &dyn Store, name: &Name, missing: Code) -> Result<Descriptor> {
    let resolved = store.resolve(name).await;
    resolved.map_err(|error| Failure::of_store(error, missing))
}

/// Resolves a tag or digest, or returns `None`.
pub(crate) async fn current(store: &dyn Store, name: &Name) -> Result<Option<Descriptor>> {
    match store.resolve(name).await {
        Err(error) if error.is_not_found() => Ok(None),
        resolved => resolved
            .map(Some)
            .map_err(|error| Failure::of_store(error, Code::ManifestUnknown)),
    }
}

fn name_unknown(call: &Call) -> Failure {
    let message = format!("there is no repository {}", call.repository);
    Failure::new(Code::NameUnknown, message)
}
