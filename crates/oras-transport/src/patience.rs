//! `Patience`: the idle timeout and the minimum rate of a body.

use std::task::{Context, Poll};

use crate::error::Error;
use crate::idle::Idle;
use crate::pace::{LeastRate, Pace};

pub(crate) struct Patience {
    idle: Idle,
    pace: Option<Pace>,
}

impl Patience {
    pub(crate) fn new(idle: Idle, least: Option<LeastRate>) -> Self {
        Self {
            idle,
            pace: least.map(Pace::new),
        }
    }

    /// Called while no bytes arrive. Ready with an error after the idle timeout.
    pub(crate) fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        if let Some(pace) = &mut self.pace {
            pace.waits();
        }
        self.idle.poll(cx)
    }

    /// Called when bytes arrive. Fails if the peer is slower than the minimum rate.
    pub(crate) fn receives(&mut self, bytes: u64) -> Result<(), Error> {
        self.stop();
        let Some(pace) = &mut self.pace else {
            return Ok(());
        };
        if pace.receives(bytes) {
            return Ok(());
        }
        let LeastRate { rate, window } = pace.least();
        Err(Error::TooSlow {
            origin: self.idle.origin().clone(),
            rate,
            window,
        })
    }

    /// Stops the clock, because the caller no longer waits for the peer.
    pub(crate) fn stop(&mut self) {
        self.idle.stop();
    }
}
