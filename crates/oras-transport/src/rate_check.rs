//! `RateCheck`: checks that a peer sends fast enough.

use std::time::Duration;

use tokio::time::Instant;

/// The minimum rate, averaged over a window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MinRate {
    /// Bytes per second.
    pub(crate) rate: u64,
    pub(crate) window: Duration,
}

impl MinRate {
    fn bytes(self) -> u64 {
        (self.rate as f64 * self.window.as_secs_f64()) as u64
    }
}

/// The time spent waiting for a peer, and the bytes received. Time in which the caller does not wait is not counted.
#[derive(Debug)]
pub(crate) struct RateCheck {
    least: MinRate,
    waiting_since: Option<Instant>,
    waited: Duration,
    received: u64,
}

impl RateCheck {
    pub(crate) fn new(least: MinRate) -> Self {
        Self {
            least,
            waiting_since: None,
            waited: Duration::ZERO,
            received: 0,
        }
    }

    pub(crate) fn least(&self) -> MinRate {
        self.least
    }

    pub(crate) fn waits(&mut self) {
        self.waiting_since.get_or_insert_with(Instant::now);
    }

    /// Adds received bytes. Returns whether the peer keeps the minimum rate.
    pub(crate) fn receives(&mut self, bytes: u64) -> bool {
        if let Some(since) = self.waiting_since.take() {
            self.waited += since.elapsed();
        }
        self.received = self.received.saturating_add(bytes);
        if self.waited < self.least.window {
            return true;
        }
        let keeps = self.received >= self.least.bytes();
        (self.waited, self.received) = (Duration::ZERO, 0);
        keeps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: MinRate = MinRate {
        rate: 1024,
        window: Duration::from_secs(60),
    };

    async fn drip(bytes: u64, every: Duration, times: usize) -> bool {
        let mut rate_check = RateCheck::new(LEAST);
        for _ in 0..times {
            rate_check.waits();
            tokio::time::sleep(every).await;
            if !rate_check.receives(bytes) {
                return false;
            }
        }
        true
    }

    #[tokio::test(start_paused = true)]
    async fn a_drip_is_too_slow_and_a_slow_line_is_not() {
        assert!(!drip(1, Duration::from_secs(50), 2).await);
        assert!(!drip(1000, Duration::from_secs(1), 61).await);
        assert!(drip(1100, Duration::from_secs(1), 600).await);
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_nobody_waits_does_not_count() {
        let mut rate_check = RateCheck::new(LEAST);
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            assert!(rate_check.receives(1));
        }
    }
}
