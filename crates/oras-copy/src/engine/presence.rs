//! Presence: whether the destination has a node, as reported by it or as verified by reading.

use futures_util::TryStreamExt;
use oras_content::{Descriptor, ErrorKind, Offered, PushOptions, StoreExt};

use super::Job;
use super::node::Task;
use crate::{CopyError, Operation, Recheck};

/// The state of a node at the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Lacking,
    /// Present, but with wrong content.
    Damaged,
    /// Present. If read, its content is correct; the children of a manifest are checked separately.
    Sound,
}

impl Job<'_> {
    pub(super) fn forces(&self, task: &Task) -> bool {
        task.forced || self.options.recheck == Recheck::Force
    }

    pub(super) fn verifies(&self) -> bool {
        self.options.recheck == Recheck::Verify
    }

    /// Asks the destination whether it has the node, without reading it.
    pub(super) async fn check_presence(&self, node: &Descriptor) -> Result<Presence, CopyError> {
        match self.has(node).await {
            Ok(true) => Ok(Presence::Sound),
            Ok(false) => Ok(Presence::Lacking),
            // The destination has content of this digest but another size.
            Err(error) if *error.kind() == ErrorKind::Verify => Ok(Presence::Damaged),
            Err(error) => Err(CopyError::destination(Operation::Exists)(error)),
        }
    }

    /// Uses `offer` for manifests, as a push would, so that a single registry token suffices.
    async fn has(&self, node: &Descriptor) -> oras_content::Result<bool> {
        if self.is_plan || !node.is_manifest() {
            return self.destination().exists(node).await;
        }
        let offered = self.destination().offer(node, &PushOptions::default()).await?;
        Ok(matches!(offered, Offered::Present))
    }

    /// Checks whether the destination has a blob, reading it if the caller wants it verified.
    pub(super) async fn look_at_blob(&self, node: &Descriptor) -> Result<Presence, CopyError> {
        match self.check_presence(node).await? {
            Presence::Sound if self.verifies() => self.examine_blob(node).await,
            other => Ok(other),
        }
    }

    pub(super) async fn examine_manifest(&self, node: &Descriptor) -> Result<Presence, CopyError> {
        let limit = self.options.max_manifest_bytes;
        let read = self.destination().fetch_all(node, limit).await.map(drop);
        presence(read)
    }

    async fn examine_blob(&self, node: &Descriptor) -> Result<Presence, CopyError> {
        let read = async {
            let mut content = self.destination().fetch(node).await?;
            while content.try_next().await?.is_some() {}
            Ok(())
        };
        presence(read.await)
    }
}

/// Interprets the result of reading content at the destination.
fn presence(read: oras_content::Result<()>) -> Result<Presence, CopyError> {
    match read {
        Ok(()) => Ok(Presence::Sound),
        Err(error) if *error.kind() == ErrorKind::Verify => Ok(Presence::Damaged),
        Err(error) if error.is_not_found() => Ok(Presence::Lacking),
        Err(error) => Err(CopyError::destination(Operation::Verify)(error)),
    }
}
