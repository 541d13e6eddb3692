//! `Idle`: the timeout between two frames of a body.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::error::Error;
use crate::origin::Origin;
use crate::phase::Phase;
use crate::waiting::{OnWaiting, WaitingFor};

/// The idle clock of one body. It runs only while the caller waits, so that a slow caller does not count against the
/// peer.
pub(crate) struct Idle {
    origin: Origin,
    limit: Duration,
    on_waiting: OnWaiting,
    is_told: bool,
    /// When the wait for the next frame began.
    since: Option<Instant>,
    sleep: Pin<Box<Sleep>>,
}

impl Idle {
    pub(crate) fn new(origin: Origin, limit: Duration, on_waiting: OnWaiting) -> Self {
        Self {
            origin,
            limit,
            on_waiting,
            is_told: false,
            since: None,
            sleep: Box::pin(tokio::time::sleep(limit)),
        }
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Stops the clock, because a frame arrived.
    pub(crate) fn stop(&mut self) {
        self.since = None;
    }

    /// Starts the clock unless it is running. Ready with an error after the timeout.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let since = self.since.unwrap_or_else(|| self.start());
        loop {
            ready!(self.sleep.as_mut().poll(cx));
            if since.elapsed() >= self.limit {
                return Poll::Ready(Error::TimedOut {
                    origin: self.origin.clone(),
                    phase: Phase::Receive,
                    after: self.limit,
                });
            }
            self.is_told = true;
            self.on_waiting.tell(&self.origin, WaitingFor::Body);
            self.sleep.as_mut().reset(since + self.limit);
        }
    }

    fn start(&mut self) -> Instant {
        let now = Instant::now();
        let look = match self.is_told {
            true => self.limit,
            false => self.limit.min(self.on_waiting.after),
        };
        self.since = Some(now);
        self.sleep.as_mut().reset(now + look);
        now
    }
}
