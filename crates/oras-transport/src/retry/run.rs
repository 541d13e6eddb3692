//! `Run`: the attempts of one request.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{Method, StatusCode};
use tokio::time::Instant;
use tower::ServiceExt;
use tower_service::Service;

use super::policy::{Decision, FailedAttempt, Failure, is_idempotent};
use super::{Attempts, NoRetry, Repeatable, Shared, retry_after};
use crate::origin::Origin;
use crate::request::{Request, Response, clone_request};
use crate::safe_url::SafeUrl;
use crate::transient::Transient;
use crate::waiting::WaitingFor;

/// Stops a policy that never does.
const MAX_ATTEMPTS: u32 = 1000;

pub(super) struct Run {
    shared: Arc<Shared>,
    origin: Option<Origin>,
    method: Method,
    url: Box<str>,
    is_repeatable: bool,
    may_retry: bool,
    started: Instant,
    attempts: u32,
    /// Number of attempts in a row that timed out or were refused a connection.
    unanswered: u32,
    waited: Duration,
    is_told: bool,
}

impl Run {
    pub(super) fn new(request: &Request, shared: Arc<Shared>) -> Self {
        let says_repeatable = request.extensions().get::<Repeatable>().is_some();
        Self {
            shared,
            origin: Origin::of(request.uri()).ok(),
            method: request.method().clone(),
            url: SafeUrl(request.uri()).into(),
            is_repeatable: says_repeatable || is_idempotent(request.method()),
            may_retry: request.extensions().get::<NoRetry>().is_none(),
            started: Instant::now(),
            attempts: 0,
            unanswered: 0,
            waited: Duration::ZERO,
            is_told: false,
        }
    }

    /// Sends `request` through `inner`, which is ready for it, until it succeeds or the policy stops.
    pub(super) async fn send<S>(mut self, mut inner: S, mut request: Request) -> Result<Response, S::Error>
    where
        S: Service<Request, Response = Response> + Send,
        S::Future: Send,
        S::Error: Transient + std::fmt::Display + Send,
    {
        loop {
            self.hold_back().await;
            let copy = clone_request(&request).filter(|_| self.may_retry);
            self.attempts += 1;
            let result = inner.ready().await?.call(request).await;
            let wait = self.wait_after(&result, copy.is_some());
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

    /// The wait before the next attempt, or `None` if this result is final.
    fn wait_after<E: Transient>(
        &mut self,
        result: &Result<Response, E>,
        is_replayable: bool,
    ) -> Option<Duration> {
        let (failure, asked) = failure(result)?;
        self.unanswered = match failure.is_unanswered() {
            true => self.unanswered + 1,
            false => 0,
        };
        if !self.may_retry || self.attempts >= MAX_ATTEMPTS {
            return None;
        }
        let decision = self.shared.policy.decide(&FailedAttempt {
            method: &self.method,
            is_repeatable: self.is_repeatable,
            is_replayable,
            failure,
            number: self.attempts,
            unanswered: self.unanswered,
            elapsed: self.started.elapsed(),
            waited: self.waited,
            retry_after: asked,
        });
        let Decision::WaitFor(wait) = decision else {
            return None;
        };
        if failure == Failure::Status(StatusCode::TOO_MANY_REQUESTS)
            && let Some(origin) = &self.origin
        {
            self.shared.pauses.set(origin, wait);
        }
        Some(wait)
    }

    /// Holds the request back while its origin limits the rate, as long as the policy agrees.
    async fn hold_back(&mut self) {
        let Some(origin) = self.origin.clone() else { return };
        while let Some(left) = self.shared.pauses.left(&origin) {
            let Some(wait) = self.shared.policy.hold_back(left, self.waited) else {
                return;
            };
            self.wait(wait).await;
        }
    }

    async fn wait(&mut self, wait: Duration) {
        let on_waiting = &self.shared.on_waiting;
        if let Some(origin) = self.origin.as_ref().filter(|_| !self.is_told)
            && wait >= on_waiting.after
        {
            self.is_told = true;
            on_waiting.tell(origin, WaitingFor::NextAttempt(wait));
        }
        self.waited = self.waited.saturating_add(wait);
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

/// The failure of an attempt and the wait that the server asks for, or `None` if it succeeded.
fn failure<E: Transient>(result: &Result<Response, E>) -> Option<(Failure, Option<Duration>)> {
    match result {
        Ok(response) if response.status().as_u16() >= 400 => {
            let asked = retry_after(response.headers(), SystemTime::now());
            Some((Failure::Status(response.status()), asked))
        }
        Ok(_) => None,
        Err(error) => Some((Failure::of_error(error), error.retry_after())),
    }
}
