//! The time limit of a command.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// The time at which a command must end, if there is a limit.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(Option<(Duration, Instant)>);

impl Deadline {
    /// Creates a deadline after this time. A limit too large for the clock is no limit.
    pub(crate) fn after(limit: Option<Duration>) -> Self {
        Self(limit.and_then(|limit| Some((limit, Instant::now().checked_add(limit)?))))
    }

    /// Runs `command`, and drops it at the deadline.
    pub(crate) async fn run(self, command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
        let Some((limit, at)) = self.0 else {
            return command.await;
        };
        match timeout_at(at, command).await {
            Ok(done) => done,
            Err(_) => Err(TimedOut(limit).into()),
        }
    }
}

/// A command exceeded its time limit.
#[derive(Debug)]
pub(crate) struct TimedOut(Duration);

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the command was not done within {:?}", self.0)
    }
}

impl StdError for TimedOut {}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::time::Duration;

    use super::{Deadline, TimedOut};

    #[tokio::test(start_paused = true)]
    async fn a_command_is_over_when_its_time_is() {
        let deadline = Deadline::after(Some(Duration::from_secs(90)));
        assert!(deadline.run(ready(Ok(()))).await.is_ok());
        let error = deadline.run(pending()).await.unwrap_err();
        assert_eq!(error.to_string(), "the command was not done within 90s");
        assert!(error.downcast_ref::<TimedOut>().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_a_command_takes_as_long_as_it_takes() {
        for limit in [None, Some(Duration::MAX)] {
            let slow = async {
                tokio::time::sleep(Duration::from_secs(1_000_000)).await;
                Ok(())
            };
            assert!(Deadline::after(limit).run(slow).await.is_ok());
        }
    }
}
