//! The state file of a sync, which is also written if the sync is interrupted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oras::sync::State;

use crate::failure::Failure;
use crate::say;
use crate::usage::ensure_usage;

/// A state that is saved at the end, even if the command is interrupted.
pub(super) struct KeptState {
    path: PathBuf,
    state: Arc<State>,
    /// Whether there is nothing (more) to save.
    is_settled: bool,
}

impl KeptState {
    /// Reads the state before the sync starts. The results of a dry run are not saved.
    pub(super) fn load(path: &Path, dry_run: bool) -> anyhow::Result<Self> {
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        ensure_usage!(
            folder.is_none_or(Path::is_dir) && !path.is_dir(),
            "the state cannot be kept in {}: name a file in an existing folder",
            path.display()
        );
        Ok(Self {
            path: path.to_owned(),
            state: Arc::new(State::load(path)?),
            is_settled: dry_run,
        })
    }

    pub(super) fn state(&self) -> Arc<State> {
        Arc::clone(&self.state)
    }

    /// Writes the state file.
    pub(super) fn save(mut self) -> anyhow::Result<()> {
        match std::mem::replace(&mut self.is_settled, true) {
            true => Ok(()),
            false => Ok(self.state.save(&self.path)?),
        }
    }
}

/// Saves the state of an interrupted sync: everything recorded so far is true.
impl Drop for KeptState {
    fn drop(&mut self) {
        if self.is_settled {
            return;
        }
        if let Err(error) = self.state.save(&self.path) {
            say::line(format!("Failed: {}", Failure::Error(error.into())));
        }
    }
}
