//! Tracks the progress of a request, and limits the duration of its next step.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::body::Body;
use crate::error::BoxError;
use crate::phase::Phase;

/// Large frames are split, so that an upload shows progress whatever the frame size of the caller.
const PART: usize = 64 * 1024;

/// Shared between the request body and the task that waits for the response.
pub(crate) struct Progress(Mutex<State>);

struct State {
    last: Instant,
    /// Bytes that the peer has to store before it responds.
    bytes: u64,
    connected: bool,
    sent: bool,
    waits_for_source: bool,
    failure: Option<BoxError>,
}

impl Progress {
    /// `before` is the number of bytes that earlier requests sent of the content.
    pub(crate) fn new(before: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            last: Instant::now(),
            bytes: before,
            connected: false,
            sent: false,
            waits_for_source: false,
            failure: None,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error of the request body, if that ended the exchange.
    pub(crate) fn take_failure(&self) -> Option<BoxError> {
        self.state().failure.take()
    }

    /// Awaits `answer`, which has a connection from now on, within the timeouts for sending and for the response head.
    ///
    /// Time spent waiting for the source of the request body is not limited.
    pub(crate) async fn watch<F: Future + Unpin>(
        &self,
        mut answer: F,
        limits: Limits,
    ) -> Result<F::Output, (Phase, Duration)> {
        self.connect();
        // While waiting, the step may change to one with a shorter timeout.
        let look = limits.send.min(limits.head);
        loop {
            if let Ok(output) = timeout_at(self.next_look(look, limits), &mut answer).await {
                return Ok(output);
            }
            let (since, limit, phase) = self.step(limits);
            if since + limit <= Instant::now() {
                return Err((phase, limit));
            }
        }
    }

    fn next_look(&self, look: Duration, limits: Limits) -> Instant {
        let (since, limit, _) = self.step(limits);
        (since + limit).min(Instant::now() + look)
    }

    fn connect(&self) {
        let mut state = self.state();
        (state.connected, state.last) = (true, Instant::now());
    }

    /// Waits until the peer has been silent for `patience`. Returns the phase it is in.
    pub(crate) async fn silent(&self, patience: Duration, limits: Limits) -> Phase {
        loop {
            let (since, _, phase) = self.step(limits);
            if since + patience <= Instant::now() {
                return if self.state().connected {
                    phase
                } else {
                    Phase::Connect
                };
            }
            sleep_until(since + patience).await;
        }
    }

    /// The start, timeout and phase of the current step.
    fn step(&self, limits: Limits) -> (Instant, Duration, Phase) {
        let state = self.state();
        match (state.sent, state.waits_for_source) {
            (true, _) => (state.last, limits.head_after(state.bytes), Phase::Head),
            (false, false) => (state.last, limits.send, Phase::Send),
            (false, true) => (Instant::now(), limits.send, Phase::Send),
        }
    }
}

/// Timeouts of an exchange once there is a connection.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) send: Duration,
    pub(crate) head: Duration,
    /// Bytes per second that extend the timeout for the response head. 0 means no extension.
    pub(crate) commit_rate: u64,
}

impl Limits {
    fn head_after(self, bytes: u64) -> Duration {
        let seconds = bytes.checked_div(self.commit_rate).unwrap_or(0);
        self.head.saturating_add(Duration::from_secs(seconds))
    }
}

/// A request body that reports to [`Progress`].
pub(crate) struct TrackedBody {
    body: Body,
    rest: Bytes,
    progress: Arc<Progress>,
}

impl TrackedBody {
    pub(crate) fn new(body: Body, progress: Arc<Progress>) -> Self {
        if body.is_end_stream() || body.size_hint().exact() == Some(0) {
            progress.state().sent = true;
        }
        Self {
            body,
            rest: Bytes::new(),
            progress,
        }
    }
}

/// Replaces the error of the body, which [`Progress`] keeps.
#[derive(Debug, thiserror::Error)]
#[error("the request body failed")]
pub(crate) struct Failed;

impl http_body::Body for TrackedBody {
    type Data = Bytes;
    type Error = Failed;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failed>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            this.progress.state().waits_for_source = true;
            let next = ready!(Pin::new(&mut this.body).poll_frame(cx));
            this.progress.state().waits_for_source = false;
            match next {
                Some(Ok(frame)) => this.rest = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => {
                    this.progress.state().failure = Some(error);
                    return Poll::Ready(Some(Err(Failed)));
                }
                None => {}
            }
        }
        let part = this.rest.split_to(this.rest.len().min(PART));
        // A body of known length is not polled again for its end.
        let ended = this.is_end_stream() || this.size_hint().exact() == Some(0);
        let mut state = this.progress.state();
        state.last = Instant::now();
        state.bytes = state.bytes.saturating_add(part.len() as u64);
        state.sent = ended;
        Poll::Ready((!part.is_empty()).then(|| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        match self.body.size_hint().exact() {
            Some(exact) => SizeHint::with_exact(exact.saturating_add(rest)),
            None => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_body_gives_the_peer_more_time_to_answer() {
        let limits = |commit_rate| Limits {
            send: Duration::from_secs(60),
            head: Duration::from_secs(60),
            commit_rate,
        };
        assert_eq!(limits(10).head_after(1000), Duration::from_secs(160));
        assert_eq!(limits(10).head_after(0), Duration::from_secs(60));
        assert_eq!(limits(0).head_after(1000), Duration::from_secs(60));
        assert!(limits(1).head_after(u64::MAX) > Duration::from_secs(60));
    }
}
