//! `NameResolver`: the resolver of the system.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use tower_service::Service;

use crate::connect_reason::ConnectReason;

/// The resolver of the system, whose errors differ from those of connecting.
#[derive(Clone)]
pub(crate) struct NameResolver(GaiResolver);

#[derive(Debug, thiserror::Error)]
#[error("cannot resolve the name")]
pub(crate) struct NameFailure(#[source] io::Error);

impl NameFailure {
    pub(crate) fn reason(&self) -> ConnectReason {
        // std reports no code for resolver failures, only the text of the resolver.
        if self.0.to_string().contains("Temporary failure") {
            ConnectReason::DnsTemporary
        } else {
            ConnectReason::Dns
        }
    }
}

impl NameResolver {
    pub(crate) fn new() -> Self {
        Self(GaiResolver::new())
    }
}

impl Service<Name> for NameResolver {
    type Response = GaiAddrs;
    type Error = NameFailure;
    type Future = Pin<Box<dyn Future<Output = Result<GaiAddrs, NameFailure>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NameFailure>> {
        self.0.poll_ready(cx).map_err(NameFailure)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolving = self.0.call(name);
        Box::pin(async move { resolving.await.map_err(NameFailure) })
    }
}
