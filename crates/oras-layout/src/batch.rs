//! Queued changes to the index, so that one writer writes all pending changes at once.

use std::fmt;
use std::sync::{Arc, Mutex};

use oras_content::{Error, Result};

use crate::edit::Edit;
use crate::lock;

/// The changes of one caller, applied together or not at all.
pub(crate) struct Submission {
    pub(crate) edits: Vec<Edit>,
    outcome: Arc<Mutex<Option<Result<()>>>>,
}

impl Submission {
    pub(crate) fn new(edits: Vec<Edit>) -> Self {
        let outcome = Arc::default();
        Self { edits, outcome }
    }
}

/// A queue in front of the index. It combines many small changes into few writes.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Vec<Submission>>,
    turn: Mutex<()>,
}

impl Queue {
    /// Waits until `edits` are written, by this caller or by another. `write` returns one outcome for each submission.
    pub(crate) fn submit(
        &self,
        edits: Vec<Edit>,
        write: impl FnOnce(&[Submission]) -> Result<Vec<Result<()>>>,
    ) -> Result<()> {
        let submission = Submission::new(edits);
        let outcome = Arc::clone(&submission.outcome);
        lock(&self.waiting).push(submission);
        let _turn = lock(&self.turn);
        let done = lock(&outcome).take();
        if let Some(done) = done {
            return done;
        }
        let batch = std::mem::take(&mut *lock(&self.waiting));
        settle(&batch, write(&batch));
        lock(&outcome)
            .take()
            .unwrap_or_else(|| Err(Error::storage("the index", "the one who wrote it stopped")))
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

fn settle(batch: &[Submission], written: Result<Vec<Result<()>>>) {
    match written {
        Ok(outcomes) => {
            for (submission, outcome) in batch.iter().zip(outcomes) {
                *lock(&submission.outcome) = Some(outcome);
            }
        }
        Err(error) => {
            for submission in batch {
                *lock(&submission.outcome) = Some(Err(error.clone()));
            }
        }
    }
}
