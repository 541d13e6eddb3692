//! `RetryLayer`: sending again what failed for a reason that passes.

mod after;
mod options;
mod pause;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use http::{Method, StatusCode};
use tower::ServiceExt;
use tower_layer::Layer;
use tower_service::Service;

pub use after::retry_after;
pub use options::RetryOptions;
use pause::Pauses;

use crate::error::Transient;
use crate::origin::Origin;
use crate::request::{Request, Response, clone_request};
use crate::safe_url::SafeUrl;
use crate::waiting::WaitingFor;

/// How many times the request was sent, at least 1; in the extensions of every answer of [`RetryLayer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts(pub u32);

/// A request extension: send this request once, whatever comes of it.
///
/// For callers with a better way than repeating, such as asking an upload session how far it got.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRetry;

/// A request extension: this request may be carried out twice, whatever its method, as when a `POST` opens an upload
/// session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Repeatable;

/// Repeats requests whose body can be sent again.
///
/// A request may be carried out twice if it is a `GET`, `HEAD`, `PUT` or `DELETE`, or says so by [`Repeatable`]: it is
/// repeated after transient errors and answers with status 408, 429, 499, 500, 502, 503, 504 and 520 to 527. Any
/// other is repeated after 429 and 503, which say that it was not carried out, and where it never reached the peer.
///
/// A peer that stays silent or refuses the connection is given up after the second time in a row. `Retry-After` is
/// honoured. A 429 makes all requests to its origin wait. The small body of an answer that is not wanted is read away
/// first, so that its connection can be used again.
#[derive(Clone, Debug)]
pub struct RetryLayer {
    options: RetryOptions,
    pauses: Arc<Pauses>,
}

impl RetryLayer {
    /// The layer. Its clones, and the services made with it, share the pauses after a 429.
    pub fn new(options: RetryOptions) -> Self {
        Self {
            options,
            pauses: Arc::default(),
        }
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
            options: self.options.clone(),
            pauses: Arc::clone(&self.pauses),
        }
    }
}

/// The service [`RetryLayer`] makes.
#[derive(Clone, Debug)]
pub struct Retry<S> {
    inner: S,
    options: RetryOptions,
    pauses: Arc<Pauses>,
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

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let run = Run {
            origin: Origin::of(request.uri()).ok(),
            is_repeatable: is_repeatable(&request),
            url: SafeUrl(request.uri()).into(),
            limit: match request.extensions().get::<NoRetry>() {
                Some(NoRetry) => 0,
                None => self.options.retries,
            },
            options: self.options.clone(),
            pauses: Arc::clone(&self.pauses),
            attempts: 0,
            hopeless: 0,
            waited: Duration::ZERO,
            is_told: false,
        };
        Box::pin(run.send(self.inner.clone(), request))
    }
}

fn is_repeatable(request: &Request) -> bool {
    let by_method = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::PUT | Method::DELETE
    );
    by_method || request.extensions().get::<Repeatable>().is_some()
}

/// After how many attempts in a row a silent peer, or one where nobody listens, is given up.
const MAX_HOPELESS: u32 = 2;

/// One request on its way through its attempts.
struct Run {
    origin: Option<Origin>,
    is_repeatable: bool,
    url: Box<str>,
    limit: u32,
    options: RetryOptions,
    pauses: Arc<Pauses>,
    attempts: u32,
    /// How many attempts in a row met with silence, or with nobody who listens.
    hopeless: u32,
    waited: Duration,
    is_told: bool,
}

impl Run {
    async fn send<S>(mut self, inner: S, mut request: Request) -> Result<Response, S::Error>
    where
        S: Service<Request, Response = Response> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Transient + std::fmt::Display + Send,
    {
        loop {
            self.wait_for_pause().await;
            let copy = if self.attempts < self.limit {
                clone_request(&request)
            } else {
                None
            };
            self.attempts += 1;
            let result = inner.clone().oneshot(request).await;
            self.count_hopeless(&result);
            let wait = copy.as_ref().and_then(|_| self.wait_after(&result));
            let (Some(copy), Some(wait)) = (copy, wait) else {
                return result.map(|mut response| {
                    response.extensions_mut().insert(Attempts(self.attempts));
                    response
                });
            };
            self.report(&result, wait);
            if let Ok(response) = result {
                response.into_body().drain().await;
            }
            self.wait(wait).await;
            request = copy;
        }
    }

    /// How long to wait before the next attempt, or `None` if this result is final.
    fn wait_after<E: Transient>(&self, result: &Result<Response, E>) -> Option<Duration> {
        let backoff = self.options.backoff(self.attempts, fastrand::f64());
        let wait = match result {
            Ok(response) if self.repeats_status(response.status()) => {
                let asked = retry_after(response.headers(), SystemTime::now());
                let wait = self.asked_or(asked, backoff);
                if !self.affordable(wait) {
                    return None;
                }
                if response.status() == StatusCode::TOO_MANY_REQUESTS
                    && let Some(origin) = &self.origin
                {
                    self.pauses.set(origin, wait);
                }
                wait
            }
            Err(error) if self.repeats_error(error) => self.asked_or(error.retry_after(), backoff),
            _ => return None,
        };
        self.affordable(wait).then_some(wait)
    }

    fn asked_or(&self, asked: Option<Duration>, backoff: Duration) -> Duration {
        asked.map_or(backoff, |asked| asked.max(self.options.min_wait))
    }

    fn count_hopeless<E: Transient>(&mut self, result: &Result<Response, E>) {
        match result {
            Err(error) if error.is_silence() || error.is_refused() => self.hopeless += 1,
            _ => self.hopeless = 0,
        }
    }

    fn affordable(&self, wait: Duration) -> bool {
        self.waited.saturating_add(wait) <= self.options.budget
    }

    fn repeats_status(&self, status: StatusCode) -> bool {
        match status.as_u16() {
            429 | 503 => true,
            408 | 499 | 500 | 502 | 504 | 520..=527 => self.is_repeatable,
            _ => false,
        }
    }

    fn repeats_error<E: Transient>(&self, error: &E) -> bool {
        let may_repeat = self.is_repeatable || error.is_unsent();
        error.is_transient() && may_repeat && self.hopeless < MAX_HOPELESS
    }

    /// Holds the request back while its origin asked everybody to wait, as far as its own budget goes.
    async fn wait_for_pause(&mut self) {
        let Some(origin) = self.origin.clone() else { return };
        while let Some(wait) = self.pauses.left(&origin) {
            // Not all at the same moment.
            let wait = wait.mul_f64(1.0 + self.options.jitter * fastrand::f64());
            if !self.affordable(wait) {
                return;
            }
            self.wait(wait).await;
        }
    }

    async fn wait(&mut self, wait: Duration) {
        let on_waiting = &self.options.on_waiting;
        if let Some(origin) = self.origin.as_ref().filter(|_| !self.is_told)
            && wait >= on_waiting.after
        {
            self.is_told = true;
            on_waiting.tell(origin, WaitingFor::NextAttempt(wait));
        }
        self.waited += wait;
        tokio::time::sleep(wait).await;
    }

    fn report<E: std::fmt::Display>(&self, result: &Result<Response, E>, wait: Duration) {
        let attempt = self.attempts;
        match result {
            Ok(response) => {
                let status = response.status().as_u16();
                tracing::debug!(url = %self.url, attempt, status, ?wait, "trying again");
            }
            Err(error) => tracing::debug!(url = %self.url, attempt, %error, ?wait, "trying again"),
        }
    }
}
