//! `Waiting`: reports a request that has been waiting, before it times out.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::origin::Origin;
use crate::phase::Phase;

/// A request that has been waiting for a while.
///
/// Displayed as `waiting for an answer from http://localhost:5000`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// The peer.
    pub origin: Origin,
    /// What the request is waiting for.
    pub what: WaitingFor,
}

/// What a request is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitingFor {
    /// TCP connect, proxy and TLS handshake.
    Connection,
    /// The peer accepting the next part of the request body.
    Send,
    /// The response head, after the whole request was sent.
    Answer,
    /// The next part of the response body.
    Body,
    /// The next attempt, after this long, because the peer asked for it or the last attempt failed.
    NextAttempt(Duration),
}

impl From<Phase> for WaitingFor {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Connect => Self::Connection,
            Phase::Send => Self::Send,
            Phase::Head => Self::Answer,
            Phase::Receive => Self::Body,
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = &self.origin;
        match self.what {
            WaitingFor::Connection => write!(f, "waiting for a connection to {origin}"),
            WaitingFor::Send => write!(f, "waiting for {origin} to take the request body"),
            WaitingFor::Answer => write!(f, "waiting for an answer from {origin}"),
            WaitingFor::Body => write!(f, "waiting for more from {origin}"),
            WaitingFor::NextAttempt(wait) => {
                write!(f, "waiting {} s before asking {origin} again", wait.as_secs())
            }
        }
    }
}

/// The callback for a [`Waiting`], and the time after which it is called.
#[derive(Clone)]
pub(crate) struct OnWaiting {
    pub(crate) after: Duration,
    call: Arc<dyn Fn(&Waiting) + Send + Sync>,
}

impl OnWaiting {
    pub(crate) fn new(after: Duration, call: impl Fn(&Waiting) + Send + Sync + 'static) -> Self {
        Self {
            after,
            call: Arc::new(call),
        }
    }

    pub(crate) fn tell(&self, origin: &Origin, what: WaitingFor) {
        (self.call)(&Waiting {
            origin: origin.clone(),
            what,
        });
    }
}

impl Default for OnWaiting {
    fn default() -> Self {
        Self::new(Duration::from_secs(10), |waiting| tracing::info!("{waiting}"))
    }
}

impl fmt::Debug for OnWaiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnWaiting")
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}
