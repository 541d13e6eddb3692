//! `Patience`: how long, and how slowly, a peer may send a body that is waited for.

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

    /// Nothing came yet: gives an error once the peer was silent for too long.
    pub(crate) fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        if let Some(pace) = &mut self.pace {
            pace.waits();
        }
        self.idle.poll(cx)
    }

    /// Bytes came: fails where the peer does not keep to the least rate.
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

    /// Stops the clock: the peer is not waited for.
    pub(crate) fn stop(&mut self) {
        self.idle.stop();
    }
}
