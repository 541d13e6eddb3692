//! `OriginLimit`: the current limits of one origin.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The permits of one origin. A rate limit halves the number in use, and it slowly grows again.
#[derive(Debug)]
pub(crate) struct OriginLimit {
    places: Arc<Semaphore>,
    /// Maximum number of permits.
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The current number of permits.
    width: usize,
    taken: usize,
    /// Permits to remove as soon as they are returned.
    permits_to_forget: usize,
    /// Counts reductions, so that concurrent requests cause only one.
    generation: u64,
    /// Responses since the last change.
    answers: usize,
    /// When the next request may be sent.
    next: Option<Instant>,
}

/// A permit in use, returned on drop.
#[derive(Debug)]
pub(crate) struct OriginPermit {
    limit: Arc<OriginLimit>,
    permit: Option<OwnedSemaphorePermit>,
    generation: u64,
}

impl OriginLimit {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        let state = State {
            width: most,
            taken: 0,
            permits_to_forget: 0,
            generation: 0,
            answers: 0,
            next: None,
        };
        Arc::new(Self {
            places: Arc::new(Semaphore::new(most)),
            most,
            state: Mutex::new(state),
        })
    }

    /// Waits for a permit, and for the time between two requests.
    pub(crate) async fn enter(self: &Arc<Self>, between: Duration) -> OriginPermit {
        let permit = Arc::clone(&self.places).acquire_owned().await;
        let permit = permit.expect("the semaphore is never closed");
        let held = {
            let mut state = self.state();
            state.taken += 1;
            OriginPermit {
                limit: Arc::clone(self),
                permit: Some(permit),
                generation: state.generation,
            }
        };
        if !between.is_zero() {
            let at = self.turn(between);
            tokio::time::sleep_until(at).await;
        }
        held
    }

    /// When the next request may be sent.
    fn turn(&self, between: Duration) -> Instant {
        let mut state = self.state();
        let now = Instant::now();
        let at = state.next.map_or(now, |next| next.max(now));
        state.next = Some(at + between);
        at
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change leaves consistent numbers.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shrink(&self, generation: u64) {
        let mut state = self.state();
        if state.generation != generation {
            return;
        }
        let width = (state.width.min(state.taken) / 2).max(1);
        let gone = state.width - width;
        state.permits_to_forget += gone - self.places.forget_permits(gone);
        (state.width, state.answers) = (width, 0);
        state.generation += 1;
    }

    fn grow(&self) {
        let mut state = self.state();
        if state.width == self.most {
            return;
        }
        state.answers += 1;
        if state.answers < state.width {
            return;
        }
        (state.width, state.answers) = (state.width + 1, 0);
        match state.permits_to_forget {
            0 => self.places.add_permits(1),
            permits_to_forget => state.permits_to_forget = permits_to_forget - 1,
        }
    }
}

impl OriginPermit {
    /// Adjusts the limit to the status of the response.
    pub(crate) fn answered(&self, status: StatusCode) {
        let asks_for_patience = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
        match asks_for_patience.contains(&status) {
            true => self.limit.shrink(self.generation),
            false => self.limit.grow(),
        }
    }
}

impl Drop for OriginPermit {
    fn drop(&mut self) {
        let mut state = self.limit.state();
        state.taken -= 1;
        if state.permits_to_forget > 0
            && let Some(permit) = self.permit.take()
        {
            state.permits_to_forget -= 1;
            permit.forget();
        }
    }
}
