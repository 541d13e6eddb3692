//! The transfer rate over the last seconds, so that a stall shows and the start is forgotten.

use std::collections::VecDeque;
use std::time::Duration;

/// The period over which the rate is measured.
const WINDOW: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct Rate {
    /// Bytes transferred at each time.
    samples: VecDeque<(Duration, u64)>,
}

impl Rate {
    /// Records the bytes transferred so far.
    pub(super) fn note(&mut self, now: Duration, moved: u64) {
        while self.samples.len() > 1 && now.saturating_sub(self.samples[1].0) >= WINDOW {
            self.samples.pop_front();
        }
        self.samples.push_back((now, moved));
    }

    /// Returns the rate in bytes per second, once there are enough samples.
    pub(super) fn per_second(&self) -> Option<u64> {
        let (first, last) = (self.samples.front()?, self.samples.back()?);
        let seconds = (last.0.saturating_sub(first.0)).as_secs_f64();
        (seconds > 0.0).then(|| (last.1.saturating_sub(first.1) as f64 / seconds) as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Rate;

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut rate = Rate::default();
        rate.note(Duration::ZERO, 0);
        assert_eq!(rate.per_second(), None);
        for second in 1..=10 {
            rate.note(Duration::from_secs(second), second * 100);
        }
        assert_eq!(rate.per_second(), Some(100));
        for second in 11..=15 {
            rate.note(Duration::from_secs(second), 1000);
        }
        assert_eq!(rate.per_second(), Some(0));
    }
}
