//! `BodyTimeouts`: the idle timeout and the minimum rate of a body.

use std::task::{Context, Poll};

use crate::error::Error;
use crate::idle::Idle;
use crate::rate_check::{MinRate, RateCheck};

pub(crate) struct BodyTimeouts {
    idle: Idle,
    rate_check: Option<RateCheck>,
}

impl BodyTimeouts {
    pub(crate) fn new(idle: Idle, least: Option<MinRate>) -> Self {
        Self {
            idle,
            rate_check: least.map(RateCheck::new),
        }
    }

    /// Called while no bytes arrive. Ready with an error after the idle timeout.
    pub(crate) fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        if let Some(rate_check) = &mut self.rate_check {
            rate_check.waits();
        }
        self.idle.poll(cx)
    }

    /// Called when bytes arrive. Fails if the peer is slower than the minimum rate.
    pub(crate) fn receives(&mut self, bytes: u64) -> Result<(), Error> {
        self.stop();
        let Some(rate_check) = &mut self.rate_check else {
            return Ok(());
        };
        if rate_check.receives(bytes) {
            return Ok(());
        }
        let MinRate { rate, window } = rate_check.least();
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
