//! `RetryOptions`: the default policy, how often and how long.

use std::time::Duration;

use http::StatusCode;

use super::policy::{Decision, FailedAttempt, Failure, FailureKind, RetryPolicy};

/// After how many attempts in a row a silent peer, or one where nobody listens, is given up.
const MAX_UNANSWERED: u32 = 2;

/// The default [`RetryPolicy`]: how often a request is repeated, and how long it waits before.
///
/// A request that may be carried out twice is repeated after transient errors and answers with status 408, 429, 499,
/// 500, 502, 503, 504 and 520 to 527. Any other is repeated after 429 and 503, which say that it was not carried out,
/// and where it never reached the peer. A peer that stays silent or refuses the connection is given up after the second
/// time in a row.
///
/// The wait before repetition n is `base · factorⁿ⁻¹`, plus up to `jitter` of itself, kept between `min_wait` and
/// `max_wait`. A `Retry-After` replaces it and is limited by the budget alone: one that does not fit into what is
/// left ends the attempts, and the answer is handed on as it is.
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
    /// Repetitions after the first attempt. Default: 5; 0 switches retries off.
    #[must_use]
    pub fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The first wait. Default: 250 ms.
    #[must_use]
    pub fn with_base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// By what each wait grows. Default: 2; values below 1, or not finite, count as 1.
    #[must_use]
    pub fn with_factor(mut self, factor: f64) -> Self {
        self.factor = if factor.is_finite() { factor.max(1.0) } else { 1.0 };
        self
    }

    /// The most that chance adds to a wait, as a share of it. Default: 0.1; kept between 0 and 1.
    #[must_use]
    pub fn with_jitter(mut self, jitter: f64) -> Self {
        self.jitter = if jitter.is_finite() {
            jitter.clamp(0.0, 1.0)
        } else {
            0.0
        };
        self
    }

    /// The least wait, also where `Retry-After` says less. Default: 200 ms.
    #[must_use]
    pub fn with_min_wait(mut self, wait: Duration) -> Self {
        self.min_wait = wait;
        self
    }

    /// The longest wait of our own choice; `Retry-After` may ask for more. Default: 3 s.
    #[must_use]
    pub fn with_max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = wait;
        self
    }

    /// The most one request waits in all. Default: 60 s.
    #[must_use]
    pub fn with_budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// The wait after attempt number `attempt` (from 1); `chance` is between 0 and 1.
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
        // Not all at the same moment.
        let seconds = left.as_secs_f64() * (1.0 + self.jitter * fastrand::f64());
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or(left);
        self.affords(waited, wait).then_some(wait)
    }
}

/// Whether the failure is one that passes, and repeating the request does no harm.
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

/// Spec: RFC 9110, sections 15.5 and 15.6; RFC 6585, section 4, "429 Too Many Requests". 499 and 520 to 527 are those of
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
