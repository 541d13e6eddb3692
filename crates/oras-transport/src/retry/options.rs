//! `RetryOptions`: the default policy.

use std::time::Duration;

use http::StatusCode;

use super::policy::{Decision, FailedAttempt, Failure, FailureKind, RetryPolicy};

/// Number of attempts in a row that time out or are refused a connection, after which the request fails.
const MAX_UNANSWERED: u32 = 2;

/// The default [`RetryPolicy`]: a limited number of retries with exponential back-off.
///
/// A request that may be carried out twice is retried after transient errors and responses with status 408, 429, 499,
/// 500, 502, 503, 504 and 520 to 527. Any other is retried after 429 and 503, which mean that it was not carried out,
/// and if it never reached the peer. If a peer times out or refuses the connection twice in a row, the request fails.
///
/// The wait before retry n is `base · factorⁿ⁻¹`, plus a random share of up to `jitter`, limited to the range from
/// `min_wait` to `max_wait`. A `Retry-After` replaces it and is limited only by the budget: if it exceeds the rest of
/// the budget, there are no more attempts, and the response is returned as it is.
#[derive(Clone, Debug)]
pub struct RetryOptions {
    retries: u32,
    base: Duration,
    factor: f64,
    jitter: f64,
    min_wait: Duration,
    max_wait: Duration,
    budget: Duration,
}

impl Default for RetryOptions {
    fn default() -> Self {
        Self {
            retries: 5,
            base: Duration::from_millis(250),
            factor: 2.0,
            jitter: 0.1,
            min_wait: Duration::from_millis(200),
            max_wait: Duration::from_secs(3),
            budget: Duration::from_secs(60),
        }
    }
}

impl RetryOptions {
    /// Sets the number of retries after the first attempt. Default: 5. 0 disables retries.
    #[must_use]
    pub fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Sets the first wait. Default: 250 ms.
    #[must_use]
    pub fn with_base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// Sets the factor by which each wait grows. Default: 2. Values that are below 1 or not finite count as 1.
    #[must_use]
    pub fn with_factor(mut self, factor: f64) -> Self {
        self.factor = if factor.is_finite() { factor.max(1.0) } else { 1.0 };
        self
    }

    /// Sets the maximum random addition to a wait, as a share of it. Default: 0.1. Limited to the range from 0 to 1.
    #[must_use]
    pub fn with_jitter(mut self, jitter: f64) -> Self {
        self.jitter = if jitter.is_finite() {
            jitter.clamp(0.0, 1.0)
        } else {
            0.0
        };
        self
    }

    /// Sets the shortest wait, even if `Retry-After` is shorter. Default: 200 ms.
    #[must_use]
    pub fn with_min_wait(mut self, wait: Duration) -> Self {
        self.min_wait = wait;
        self
    }

    /// Sets the longest back-off. `Retry-After` may be longer. Default: 3 s.
    #[must_use]
    pub fn with_max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = wait;
        self
    }

    /// Sets the maximum total wait of one request. Default: 60 s.
    #[must_use]
    pub fn with_budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// The wait after attempt number `attempt` (from 1). `chance` is between 0 and 1.
    fn backoff(&self, attempt: u32, chance: f64) -> Duration {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.base.as_secs_f64() * self.factor.powi(exponent) * (1.0 + self.jitter * chance);
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or(self.max_wait);
        wait.min(self.max_wait).max(self.min_wait)
    }

    fn affords(&self, waited: Duration, wait: Duration) -> bool {
        waited.saturating_add(wait) <= self.budget
    }
}

impl RetryPolicy for RetryOptions {
    fn decide(&self, attempt: &FailedAttempt<'_>) -> Decision {
        let is_over = attempt.number > self.retries || !attempt.is_replayable;
        if is_over || !may_pass(attempt) {
            return Decision::Stop;
        }
        let wait = match attempt.retry_after {
            Some(asked) => asked.max(self.min_wait),
            None => self.backoff(attempt.number, fastrand::f64()),
        };
        match self.affords(attempt.waited, wait) {
            true => Decision::WaitFor(wait),
            false => Decision::Stop,
        }
    }

    fn hold_back(&self, left: Duration, waited: Duration) -> Option<Duration> {
        // Jitter, so that held requests are not all sent at the same moment.
        let seconds = left.as_secs_f64() * (1.0 + self.jitter * fastrand::f64());
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or(left);
        self.affords(waited, wait).then_some(wait)
    }
}

/// Whether the failure is transient, and a retry does no harm.
fn may_pass(attempt: &FailedAttempt<'_>) -> bool {
    match attempt.failure {
        Failure::Status(status) => status_may_pass(status, attempt.is_repeatable),
        Failure::Error {
            kind: FailureKind::Permanent,
            ..
        } => false,
        Failure::Error { is_unsent, .. } => {
            (attempt.is_repeatable || is_unsent) && attempt.unanswered < MAX_UNANSWERED
        }
    }
}

/// Spec: RFC 9110, sections 15.5 and 15.6; RFC 6585, section 4, "429 Too Many Requests". 499 and 520 to 527 come from
/// proxies that lost the server behind them.
fn status_may_pass(status: StatusCode, is_repeatable: bool) -> bool {
    match status.as_u16() {
        429 | 503 => true,
        408 | 499 | 500 | 502 | 504 | 520..=527 => is_repeatable,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let options = RetryOptions::default();
        let waits: Vec<_> = (1..=6)
            .map(|attempt| options.backoff(attempt, 0.0).as_millis())
            .collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 3000, 3000]);
    }

    #[test]
    fn chance_only_adds() {
        let options = RetryOptions::default();
        assert_eq!(options.backoff(1, 1.0).as_millis(), 275);
    }

    #[test]
    fn no_attempt_number_overflows() {
        assert_eq!(
            RetryOptions::default().backoff(u32::MAX, 1.0),
            Duration::from_secs(3)
        );
    }
}
