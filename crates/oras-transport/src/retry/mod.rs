//! `RetryLayer`: retries transient failures.

mod after;
mod options;
mod pause;
mod policy;
mod run;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tower_layer::Layer;
use tower_service::Service;

pub use after::retry_after;
pub use options::RetryOptions;
use pause::Pauses;
pub use policy::{Decision, FailedAttempt, Failure, FailureKind, RetryPolicy};
use run::Run;

use crate::options::TransportOptions;
use crate::ready::take_ready;
use crate::request::{Request, Response};
use crate::transient::Transient;
use crate::waiting::{OnWaiting, Waiting};

/// The number of attempts, at least 1. In the extensions of every response through [`RetryLayer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts(pub u32);

/// A request extension: never retry this request.
///
/// For callers with a better remedy, such as asking an upload session for its offset.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRetry;

/// A request extension: this request may be carried out twice, whatever its method. An example is a `POST` that opens
/// an upload session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Repeatable;

/// Retries requests as decided by a [`RetryPolicy`]. The default policy is [`RetryOptions`].
///
/// A 429 delays all requests to its origin. The body of a discarded response is drained first, so that its connection
/// can be reused. The inner service is polled ready before each attempt.
///
/// Spec: RFC 9110, sections 9.2.2, "Idempotent Methods", and 10.2.3, "Retry-After"; RFC 6585, section 4, "429 Too Many
/// Requests".
#[derive(Clone, Debug)]
pub struct RetryLayer {
    shared: Arc<Shared>,
}

/// State shared by all requests through one layer.
#[derive(Clone, Debug)]
struct Shared {
    policy: Arc<dyn RetryPolicy>,
    on_waiting: OnWaiting,
    pauses: Arc<Pauses>,
}

impl RetryLayer {
    /// Creates a layer. Its clones, and the services created by it, share the delays after a 429.
    pub fn new(policy: impl RetryPolicy + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                policy: Arc::new(policy),
                on_waiting: OnWaiting::default(),
                pauses: Arc::default(),
            }),
        }
    }

    /// Calls `on_waiting` once for each request that has to wait at least `after` for its next attempt, when that wait
    /// begins. Default: logged if the wait is 10 s or more.
    #[must_use]
    pub fn with_on_waiting(
        self,
        after: Duration,
        on_waiting: impl Fn(&Waiting) + Send + Sync + 'static,
    ) -> Self {
        self.telling(OnWaiting::new(after, on_waiting))
    }

    /// Reports waits between attempts in the same way as `options` reports waits within an attempt, see
    /// [`TransportOptions::with_on_waiting`].
    #[must_use]
    pub fn with_on_waiting_of(self, options: &TransportOptions) -> Self {
        self.telling(options.on_waiting.clone())
    }

    fn telling(mut self, on_waiting: OnWaiting) -> Self {
        Arc::make_mut(&mut self.shared).on_waiting = on_waiting;
        self
    }
}

impl Default for RetryLayer {
    fn default() -> Self {
        Self::new(RetryOptions::default())
    }
}

impl<S> Layer<S> for RetryLayer {
    type Service = Retry<S>;

    fn layer(&self, inner: S) -> Retry<S> {
        Retry {
            inner,
            shared: Arc::clone(&self.shared),
        }
    }
}

/// The service created by [`RetryLayer`].
#[derive(Clone, Debug)]
pub struct Retry<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Service<Request> for Retry<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Transient + std::fmt::Display + Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let run = Run::new(&request, Arc::clone(&self.shared));
        Box::pin(run.send(take_ready(&mut self.inner), request))
    }
}
