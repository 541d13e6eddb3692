//! `LimitLayer`: limits the exchanges in flight to one origin.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::Semaphore;
use tower_layer::Layer;
use tower_service::Service;

use crate::error::Error;
use crate::options::TransportOptions;
use crate::origin::Origin;
use crate::origin_limit::OriginLimit;
use crate::ready::take_ready;
use crate::request::{Request, Response};

/// Limits the exchanges in flight to one origin, each from its request to the end of the response body.
///
/// If an origin responds with 429 or 503, its limit drops to half of the exchanges in flight. It then grows by one
/// whenever as many other responses as the current limit have arrived.
///
/// Requests that send a stream are counted separately: such a stream may be the response of another request to the same
/// origin, and would wait for ever if uploads could take every permit.
///
/// Permits are counted by origin, which is known only once there is a request. So `poll_ready` reports the readiness of
/// the inner service, and a request waits for its permit inside `call`. Meanwhile it keeps the capacity that the inner
/// service reserved for it.
///
/// The wait for a permit has no timeout, because transfers may take hours. A caller must not hold all permits itself:
/// response bodies that are kept unread have to be read or dropped before more requests to their origin can be sent.
///
/// Spec: RFC 9112, section 9.4, "Concurrency".
///
/// Clones of a layer, and the services created by it, share the limit.
#[derive(Clone, Debug)]
pub struct LimitLayer {
    limits: Arc<Limits>,
}

impl LimitLayer {
    /// Creates a layer that allows at most `per_origin` exchanges at a time. 0 counts as 1.
    pub fn new(per_origin: usize) -> Self {
        let per_origin = per_origin.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            limits: Arc::new(Limits {
                per_origin,
                between: Duration::ZERO,
                by_origin: Mutex::default(),
            }),
        }
    }

    /// Creates a layer with the limits in `options`.
    pub fn of(options: &TransportOptions) -> Self {
        let layer = Self::new(options.max_in_flight_per_origin());
        match options.max_per_second_per_origin() {
            Some(requests) => layer.with_max_per_second(requests),
            None => layer,
        }
    }

    /// Sends at most `requests` per second to one origin, evenly spaced. 0 counts as 1. Default: no limit.
    #[must_use]
    pub fn with_max_per_second(self, requests: u32) -> Self {
        Self {
            limits: Arc::new(Limits {
                per_origin: self.limits.per_origin,
                between: Duration::from_secs(1) / requests.max(1),
                by_origin: Mutex::default(),
            }),
        }
    }
}

impl<S> Layer<S> for LimitLayer {
    type Service = Limit<S>;

    fn layer(&self, inner: S) -> Limit<S> {
        Limit {
            inner,
            limits: Arc::clone(&self.limits),
        }
    }
}

/// The service created by [`LimitLayer`].
#[derive(Clone, Debug)]
pub struct Limit<S> {
    inner: S,
    limits: Arc<Limits>,
}

#[derive(Debug)]
struct Limits {
    per_origin: usize,
    /// Minimum time between two requests.
    between: Duration,
    by_origin: Mutex<HashMap<Place, Arc<OriginLimit>>>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Place {
    origin: Origin,
    sends_stream: bool,
}

impl Limits {
    fn of(&self, place: Place) -> Arc<OriginLimit> {
        let mut by_origin = self.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        // Redirects can name any number of origins. Entries without exchanges are dropped.
        if by_origin.len() >= 256 && !by_origin.contains_key(&place) {
            by_origin.retain(|_, room| Arc::strong_count(room) > 1);
        }
        Arc::clone(
            by_origin
                .entry(place)
                .or_insert_with(|| OriginLimit::new(self.per_origin)),
        )
    }
}

impl<S> Service<Request> for Limit<S>
where
    S: Service<Request, Response = Response, Error = Error> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let mut inner = take_ready(&mut self.inner);
        let limits = Arc::clone(&self.limits);
        Box::pin(async move {
            let origin = Origin::of(request.uri()).map_err(|source| Error::InvalidUrl { source })?;
            let sends_stream = !request.body().is_in_memory();
            let room = limits.of(Place { origin, sends_stream });
            let held = room.enter(limits.between).await;
            let mut response = inner.call(request).await?;
            held.answered(response.status());
            response.body_mut().hold(held);
            Ok(response)
        })
    }
}
