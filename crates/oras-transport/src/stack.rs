//! `base`: the part of the usual stack below authentication.

use tower::util::BoxCloneSyncService;
use tower_layer::Layer;
use tower_service::Service;

use crate::client::client;
use crate::error::Error;
use crate::limit::LimitLayer;
use crate::options::TransportOptions;
use crate::redirect::RedirectLayer;
use crate::request::{HttpService, Request, Response};

/// The part of the usual stack below authentication: redirects, headers, limits, client.
///
/// # Errors
///
/// - [`Error::Configuration`]: as for [`client`](crate::client()).
pub fn base(options: &TransportOptions) -> Result<HttpService, Error> {
    let limited = LimitLayer::of(options).layer(client(options)?);
    Ok(base_over(limited, options))
}

/// The same over a service of the caller's own: redirects and headers. Limits are the service's business, by its
/// `poll_ready`.
///
/// Of `options` only [`with_headers`](TransportOptions::with_headers) has a meaning here.
pub fn base_over<S>(service: S, options: &TransportOptions) -> HttpService
where
    S: Service<Request, Response = Response, Error = Error> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    BoxCloneSyncService::new(RedirectLayer::new().layer(options.headers.layer(service)))
}
