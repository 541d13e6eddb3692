//! `Selection`: what to copy, and where to mount it from.

use async_trait::async_trait;
use oras_content::{Descriptor, Location, Manifest, Result, Store};

use crate::Outcome;

/// Whether to copy a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Copy it.
    Copy,
    /// Leave it out: the caller has already made it available, or does not want it.
    Skip,
}

/// Decides what a copy includes. Every method has a default that changes nothing. Any error ends the copy.
///
/// ```
/// use async_trait::async_trait;
/// use oras_content::{Descriptor, Manifest, Result};
/// use oras_copy::Selection;
///
/// /// Leaves the subject of each manifest where it is.
/// struct WithoutSubjects;
///
/// #[async_trait]
/// impl Selection for WithoutSubjects {
///     async fn successors(&self, manifest: &Manifest) -> Result<Vec<Descriptor>> {
///         let subject = manifest.subject().cloned();
///         Ok(manifest.successors().filter(|node| Some(*node) != subject.as_ref()).cloned().collect())
///     }
/// }
/// ```
#[async_trait]
pub trait Selection: Send + Sync {
    /// Replaces `root`, which the source name resolved to, after platform selection. The destination name is set on the
    /// returned descriptor.
    async fn map_root(&self, source: &dyn Store, root: Descriptor) -> Result<Descriptor> {
        let _ = source;
        Ok(root)
    }

    /// Decides whether to copy `node`, which the destination may already have. Skipping a manifest skips everything
    /// that only it refers to, unless that has already been copied. Policies belong here: an error rejects the node.
    async fn choose(&self, node: &Descriptor) -> Result<Choice> {
        let _ = node;
        Ok(Choice::Copy)
    }

    /// Returns the successors of `manifest` to copy. Default: all of them.
    async fn successors(&self, manifest: &Manifest) -> Result<Vec<Descriptor>> {
        Ok(manifest.successors().cloned().collect())
    }

    /// Selects which of the predecessors `found` of `node` to follow. Only called by extended copies.
    async fn predecessors(&self, node: &Descriptor, found: Vec<Descriptor>) -> Result<Vec<Descriptor>> {
        let _ = node;
        Ok(found)
    }

    /// Returns repositories to mount the blob `node` from, in order of preference. They are tried before the source.
    /// Only those in the destination's registry are used.
    ///
    /// Spec: distribution-spec v1.1, "Mounting a blob from another repository".
    async fn mount_from(&self, node: &Descriptor) -> Result<Vec<Location>> {
        let _ = node;
        Ok(Vec::new())
    }

    /// Called when `node` is finished, before anything that refers to it is pushed.
    async fn finished(&self, node: &Descriptor, outcome: Outcome) -> Result<()> {
        let _ = (node, outcome);
        Ok(())
    }
}

/// The default selection.
pub(crate) struct Everything;

impl Selection for Everything {}
