//! `base`: the standard stack below authentication.

use tower::util::BoxCloneSyncService;
use tower_layer::Layer;
use tower_service::Service;

use crate::client::client;
use crate::error::Error;
use crate::limit::LimitLayer;
use crate::options::TransportOptions;
use crate::redirect::RedirectLayer;
use crate::request::{HttpService, Request, Response};

/// Creates the standard stack below authentication: redirects, headers, limits, client.
///
/// # Errors
///
/// - [`Error::Configuration`]: as for [`client`](crate::client()).
pub fn base(options: &TransportOptions) -> Result<HttpService, Error> {
    let limited = LimitLayer::of(options).layer(client(options)?);
    Ok(base_over(limited, options))
}

/// Creates the same stack over a service of the caller: redirects and headers. The service has its own limits, by its
/// `poll_ready`.
///
/// Of `options`, only [`with_headers`](TransportOptions::with_headers) applies.
pub fn base_over<S>(service: S, options: &TransportOptions) -> HttpService
where
    S: Service<Request, Response = Response, Error = Error> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    BoxCloneSyncService::new(RedirectLayer::new().layer(options.headers.layer(service)))
}
