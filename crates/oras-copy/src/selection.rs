//! Selection: what is copied, and from where.

use async_trait::async_trait;
use oras_content::{Descriptor, Location, Manifest, Result, Store};

use crate::Outcome;

/// Whether to copy a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Copy it.
    Copy,
    /// Leave it out: the caller has made it available, or does not want it.
    Skip,
}

/// What a copy takes along. Every method has a default that changes nothing, and any error ends the copy.
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
    /// What to copy in the place of `root`, to which the name at the source resolves. The name at the destination goes
    /// to what is returned. A platform is selected first.
    async fn map_root(&self, source: &dyn Store, root: Descriptor) -> Result<Descriptor> {
        let _ = source;
        Ok(root)
    }

    /// Whether to copy `node`. The destination may already have it. A manifest that is left out leaves out all that
    /// only it refers to, unless that was copied before it. This is the place for a policy: an error refuses the node.
    async fn choose(&self, node: &Descriptor) -> Result<Choice> {
        let _ = node;
        Ok(Choice::Copy)
    }

    /// What to copy along with `manifest`: all that it refers to, unless overridden.
    async fn successors(&self, manifest: &Manifest) -> Result<Vec<Descriptor>> {
        Ok(manifest.successors().cloned().collect())
    }

    /// Which of the manifests `found` to follow that refer to `node`; extended copies only.
    async fn predecessors(&self, node: &Descriptor, found: Vec<Descriptor>) -> Result<Vec<Descriptor>> {
        let _ = node;
        Ok(found)
    }

    /// Repositories that may have the blob `node`, to mount it from. They are asked in this order, before the source; only
    /// those of the destination's registry are.
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

/// The selection of a copy that has none.
pub(crate) struct Everything;

impl Selection for Everything {}
