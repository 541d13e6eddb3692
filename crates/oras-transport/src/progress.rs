//! How far a request got, and how long its next step may take.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::{Instant, timeout_at};

use crate::body::Body;
use crate::error::{BoxError, Phase};

/// Large frames are handed over in parts, so that an upload shows progress however the caller cut it.
const PART: usize = 64 * 1024;

/// Shared between the body being sent and whoever waits for the answer.
pub(crate) struct Progress(Mutex<State>);

struct State {
    last: Instant,
    sent: bool,
    waits_for_source: bool,
    failure: Option<BoxError>,
}

impl Progress {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            last: Instant::now(),
            sent: false,
            waits_for_source: false,
            failure: None,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error of the request's own body, if that is what ended the exchange.
    pub(crate) fn take_failure(&self) -> Option<BoxError> {
        self.state().failure.take()
    }

    /// Awaits `answer`, which has a connection from now on, within the limits for sending and for the head.
    ///
    /// A slow source of the request body is nobody's fault and not limited.
    pub(crate) async fn watch<F: Future + Unpin>(
        &self,
        mut answer: F,
        send: Duration,
        head: Duration,
    ) -> Result<F::Output, Phase> {
        self.state().last = Instant::now();
        loop {
            let (deadline, _) = self.deadline(send, head);
            if let Ok(output) = timeout_at(deadline, &mut answer).await {
                return Ok(output);
            }
            let (deadline, phase) = self.deadline(send, head);
            if deadline <= Instant::now() {
                return Err(phase);
            }
        }
    }

    fn deadline(&self, send: Duration, head: Duration) -> (Instant, Phase) {
        let state = self.state();
        match (state.sent, state.waits_for_source) {
            (true, _) => (state.last + head, Phase::Head),
            (false, false) => (state.last + send, Phase::Send),
            (false, true) => (Instant::now() + send, Phase::Send),
        }
    }
}

/// A request body that reports to [`Progress`].
pub(crate) struct Metered {
    body: Body,
    rest: Bytes,
    progress: Arc<Progress>,
}

impl Metered {
    pub(crate) fn new(body: Body, progress: Arc<Progress>) -> Self {
        if body.is_end_stream() {
            progress.state().sent = true;
        }
        Self {
            body,
            rest: Bytes::new(),
            progress,
        }
    }
}

/// Stands in for the body's own error, which [`Progress`] keeps.
#[derive(Debug, thiserror::Error)]
#[error("the request body failed")]
pub(crate) struct Failed;

impl http_body::Body for Metered {
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
        let ended = this.is_end_stream();
        let mut state = this.progress.state();
        state.last = Instant::now();
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
