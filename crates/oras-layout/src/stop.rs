//! Stops work on a blocking thread when the future that waits for it is dropped.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use oras_content::{Error, Result};

/// Checked between files and between reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

/// Stops the work when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct StopOnDrop(Stop);

impl Stop {
    /// Fails if the work is to stop. No one sees the error, because no one waits any more.
    pub(crate) fn check(&self, root: &Path) -> Result<()> {
        match self.0.load(Ordering::Relaxed) {
            true => Err(Error::storage(root.display(), "stopped")),
            false => Ok(()),
        }
    }
}

impl StopOnDrop {
    pub(crate) fn stop(&self) -> Stop {
        self.0.clone()
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}
