//! `Room`: how many exchanges an origin takes at a time, and how often.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The places at one origin. There are half as many as were taken once it asks for patience, and slowly more again.
#[derive(Debug)]
pub(crate) struct Room {
    places: Arc<Semaphore>,
    /// How many there are at most.
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// How many places there are now.
    width: usize,
    taken: usize,
    /// Places that are to go as soon as they are given back.
    owed: usize,
    /// Counts the changes for the worse, so that requests of one wave count once.
    wave: u64,
    /// Answers since the last change.
    answers: usize,
    /// When the next request may be sent.
    next: Option<Instant>,
}

/// A place that is taken. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Held {
    room: Arc<Room>,
    permit: Option<OwnedSemaphorePermit>,
    wave: u64,
}

impl Room {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        let state = State {
            width: most,
            taken: 0,
            owed: 0,
            wave: 0,
            answers: 0,
            next: None,
        };
        Arc::new(Self {
            places: Arc::new(Semaphore::new(most)),
            most,
            state: Mutex::new(state),
        })
    }

    /// Waits for a place, and for the time that has to be between two requests.
    pub(crate) async fn enter(self: &Arc<Self>, between: Duration) -> Held {
        let permit = Arc::clone(&self.places).acquire_owned().await;
        let permit = permit.expect("the semaphore is never closed");
        let held = {
            let mut state = self.state();
            state.taken += 1;
            Held {
                room: Arc::clone(self),
                permit: Some(permit),
                wave: state.wave,
            }
        };
        if !between.is_zero() {
            let at = self.turn(between);
            tokio::time::sleep_until(at).await;
        }
        held
    }

    /// When it is the turn of the next request.
    fn turn(&self, between: Duration) -> Instant {
        let mut state = self.state();
        let now = Instant::now();
        let at = state.next.map_or(now, |next| next.max(now));
        state.next = Some(at + between);
        at
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is of numbers that fit each other at its end.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shrink(&self, wave: u64) {
        let mut state = self.state();
        if state.wave != wave {
            return;
        }
        let width = (state.width.min(state.taken) / 2).max(1);
        let gone = state.width - width;
        state.owed += gone - self.places.forget_permits(gone);
        (state.width, state.answers) = (width, 0);
        state.wave += 1;
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
        match state.owed {
            0 => self.places.add_permits(1),
            owed => state.owed = owed - 1,
        }
    }
}

impl Held {
    /// What the origin answered.
    pub(crate) fn answered(&self, status: StatusCode) {
        let asks_for_patience = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
        match asks_for_patience.contains(&status) {
            true => self.room.shrink(self.wave),
            false => self.room.grow(),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.room.state();
        state.taken -= 1;
        if state.owed > 0
            && let Some(permit) = self.permit.take()
        {
            state.owed -= 1;
            permit.forget();
        }
    }
}
