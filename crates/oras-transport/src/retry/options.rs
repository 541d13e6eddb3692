//! `RetryOptions`: how often and how long.

use std::time::Duration;

use crate::waiting::{OnWaiting, Waiting};

/// How often a request is repeated, and how long it waits before.
///
/// The wait before repetition n is `base · factorⁿ⁻¹`, plus up to `jitter` of itself, kept between `min_wait` and
/// `max_wait`. A `Retry-After` replaces it and is limited by the budget alone: one that does not fit into what is
/// left ends the attempts, and the answer is handed on as it is.
#[derive(Clone, Debug)]
pub struct RetryOptions {
    pub(crate) retries: u32,
    pub(crate) base: Duration,
    pub(crate) factor: f64,
    pub(crate) jitter: f64,
    pub(crate) min_wait: Duration,
    pub(crate) max_wait: Duration,
    pub(crate) budget: Duration,
    pub(crate) on_waiting: OnWaiting,
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
            on_waiting: OnWaiting::default(),
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

    /// Calls `on_waiting` once for each request that has to wait at least `after` for its next attempt, as that wait
    /// begins. Default: it is logged where the wait is 10 s or more.
    ///
    /// [`TransportOptions::with_on_waiting`](crate::TransportOptions::with_on_waiting) does the same within an attempt.
    #[must_use]
    pub fn with_on_waiting(
        mut self,
        after: Duration,
        on_waiting: impl Fn(&Waiting) + Send + Sync + 'static,
    ) -> Self {
        self.on_waiting = OnWaiting::new(after, on_waiting);
        self
    }

    /// The wait after attempt number `attempt` (from 1); `chance` is between 0 and 1.
    pub(crate) fn backoff(&self, attempt: u32, chance: f64) -> Duration {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.base.as_secs_f64() * self.factor.powi(exponent) * (1.0 + self.jitter * chance);
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or(self.max_wait);
        wait.min(self.max_wait).max(self.min_wait)
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
