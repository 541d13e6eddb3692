//! Hooks: what a caller sees of a copy, and where it can steer.

use async_trait::async_trait;
use oras_content::{Descriptor, Manifest, Result};

/// Whether to copy a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Copy it.
    Copy,
    /// Leave it out: the caller has made it available, or does not want it.
    Skip,
}

/// What became of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Its bytes were copied.
    Copied,
    /// The registry took it over from another of its repositories; no bytes were sent.
    Mounted,
    /// The destination had it; for a manifest that covers all it refers to.
    Present,
    /// The destination had the manifest, but not in its listing of referrers; it is listed now.
    Listed,
    /// [`CopyHooks::before`] left it out; for a manifest that covers all it refers to.
    Skipped,
    /// The source does not have it; only for the subject of a manifest, which may be absent.
    Absent,
}

/// Called by a copy as it goes. Every method has a default that changes nothing.
#[async_trait]
pub trait CopyHooks: Send + Sync {
    /// Called before a node is offered to the destination, which may turn out to have it.
    ///
    /// # Errors
    ///
    /// Any error ends the copy.
    async fn before(&self, node: &Descriptor) -> Result<NextStep> {
        let _ = node;
        Ok(NextStep::Copy)
    }

    /// Called as bytes of a node are read for the destination: `done` bytes so far. The first call has `done` = 0; a
    /// later, smaller value means that the transfer was resumed or started again.
    fn progress(&self, node: &Descriptor, done: u64) {
        let _ = (node, done);
    }

    /// Called when a node is finished.
    ///
    /// # Errors
    ///
    /// Any error ends the copy.
    async fn after(&self, node: &Descriptor, outcome: Outcome) -> Result<()> {
        let _ = (node, outcome);
        Ok(())
    }

    /// What to copy along with `manifest`: all that it refers to, unless overridden.
    fn successors(&self, manifest: &Manifest) -> Vec<Descriptor> {
        manifest.successors().cloned().collect()
    }
}

/// The hooks of a copy that has none.
pub(crate) struct NoHooks;

impl CopyHooks for NoHooks {}
