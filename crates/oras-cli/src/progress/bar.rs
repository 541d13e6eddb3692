//! A board on a terminal, drawn a few times a second.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::board::Board;
use crate::block::{height, width};
use crate::say;

/// Interval between redraws.
const REDRAW: Duration = Duration::from_millis(80);

/// Delay before the board is first drawn.
const FIRST: Duration = Duration::from_millis(40);

/// The board that is on the terminal.
static SHOWN: Mutex<Weak<Shared>> = Mutex::new(Weak::new());

pub(super) struct Bar {
    shared: Arc<Shared>,
    drawing: Option<JoinHandle<()>>,
}

struct Shared {
    started: Instant,
    board: Mutex<Board>,
    is_over: Mutex<bool>,
    over: Condvar,
}

impl Bar {
    pub(super) fn new(board: Board) -> Self {
        let shared = Arc::new(Shared {
            started: Instant::now(),
            board: Mutex::new(board),
            is_over: Mutex::new(false),
            over: Condvar::new(),
        });
        // An earlier board stops drawing.
        *locked(&SHOWN) = Arc::downgrade(&shared);
        let drawn = Arc::clone(&shared);
        // If no thread can be started, nothing is drawn, and the copy continues.
        let drawing = thread::Builder::new().name("progress".to_owned());
        Self {
            drawing: drawing.spawn(move || drawn.draw_until_over()).ok(),
            shared,
        }
    }

    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        locked(&self.shared.board)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        *locked(&self.shared.is_over) = true;
        self.shared.over.notify_all();
        if let Some(drawing) = self.drawing.take() {
            let _ = drawing.join();
        }
        if self.shared.is_shown() {
            say::draw(Vec::new());
        }
    }
}

impl Shared {
    fn is_shown(&self) -> bool {
        std::ptr::eq(locked(&SHOWN).as_ptr(), self)
    }

    fn draw_until_over(&self) {
        let mut is_over = locked(&self.is_over);
        let mut pause = FIRST;
        while !*is_over {
            let waited = self.over.wait_timeout(is_over, pause);
            pause = REDRAW;
            is_over = waited.unwrap_or_else(PoisonError::into_inner).0;
            if !*is_over && self.is_shown() {
                let lines = locked(&self.board).lines(self.started.elapsed(), width(), height());
                say::draw(lines);
            }
        }
    }
}

/// Shows that the program is waiting, and for how long if that is known. Returns whether there is a board to show it.
pub(super) fn show_waiting(text: &str, time: Option<Duration>) -> bool {
    let Some(shared) = locked(&SHOWN).upgrade() else {
        return false;
    };
    let until = time.map(|time| shared.started.elapsed() + time);
    locked(&shared.board).set_waiting(text.to_owned(), until);
    true
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // After a panic the display may be wrong, but nothing depends on it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
