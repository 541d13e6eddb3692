//! `LimitLayer`: how many exchanges are under way to one origin.

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
use crate::ready::take_ready;
use crate::request::{Request, Response};
use crate::room::Room;

/// Limits the exchanges under way to one origin, each from its request to the end of its answer's body.
///
/// An origin that answers 429 or 503 gets half as many as were under way to it, and one more each time that as many were
/// answered otherwise.
///
/// Requests that send a stream are counted apart: such a stream may be the answer of another request to the same
/// origin, and would wait for ever if uploads could take every place.
///
/// Places are counted by origin, which is known only when a request is there. So `poll_ready` says whether the inner
/// service is ready, and a request waits for its place once it was given to `call`; meanwhile it keeps the room that the
/// inner service reserved for it.
///
/// A request waits for its place as long as it takes, since the transfers before it may rightly last for hours. So a
/// caller must not hold all places itself: bodies that are kept unread are to be dropped or read on before more
/// requests to their origin can be sent.
///
/// Spec: RFC 9112, section 9.4, "Concurrency".
///
/// Clones of one layer, and of services made with it, share the limit.
#[derive(Clone, Debug)]
pub struct LimitLayer {
    limits: Arc<Limits>,
}

impl LimitLayer {
    /// At most `per_origin` at a time; 0 counts as 1.
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

    /// As options say.
    pub fn of(options: &TransportOptions) -> Self {
        let layer = Self::new(options.max_in_flight_per_origin());
        match options.max_per_second_per_origin() {
            Some(requests) => layer.with_max_per_second(requests),
            None => layer,
        }
    }

    /// Sends at most so many requests a second to one origin, evenly spaced; 0 counts as 1. No limit by default.
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

/// The service [`LimitLayer`] makes.
#[derive(Clone, Debug)]
pub struct Limit<S> {
    inner: S,
    limits: Arc<Limits>,
}

#[derive(Debug)]
struct Limits {
    per_origin: usize,
    /// How much time is between two requests.
    between: Duration,
    by_origin: Mutex<HashMap<Place, Arc<Room>>>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Place {
    origin: Origin,
    sends_stream: bool,
}

impl Limits {
    fn of(&self, place: Place) -> Arc<Room> {
        let mut by_origin = self.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        // Redirects name origins at will; those nobody talks to any more need no entry.
        if by_origin.len() >= 256 && !by_origin.contains_key(&place) {
            by_origin.retain(|_, room| Arc::strong_count(room) > 1);
        }
        Arc::clone(
            by_origin
                .entry(place)
                .or_insert_with(|| Room::new(self.per_origin)),
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
