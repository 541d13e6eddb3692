//! Observes a copy while it runs.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use oras::Digest;
use oras::copy::{Event, Events, Outcome};

use crate::progress::Progress;

/// Shows the progress of a copy, and records what was read and hashed at the destination.
pub(crate) struct Watch {
    progress: Arc<Progress>,
    verifies: bool,
    sound: Mutex<HashSet<Digest>>,
}

impl Watch {
    /// Creates the observer; `verifies` says whether the copy reads and hashes existing content.
    pub(crate) fn new(progress: Arc<Progress>, verifies: bool) -> Self {
        Self {
            progress,
            verifies,
            sound: Mutex::default(),
        }
    }

    /// Returns the blobs that were read and hashed and are undamaged.
    pub(crate) fn sound(&self) -> HashSet<Digest> {
        std::mem::take(&mut *self.sound.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Events for Watch {
    fn on_event(&self, event: Event<'_>) {
        if let Event::Finished {
            node,
            outcome: Outcome::Present,
            ..
        } = event
            && self.verifies
            && !node.is_manifest()
        {
            let mut sound = self.sound.lock().unwrap_or_else(PoisonError::into_inner);
            sound.insert(node.digest.clone());
        }
        self.progress.on_event(event);
    }
}
