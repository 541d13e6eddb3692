//! Progress events of a copy.

use oras_content::Descriptor;

use crate::CopyError;

/// The outcome of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Its bytes were copied.
    Copied,
    /// The registry mounted it from another repository; no bytes were sent.
    Mounted,
    /// The destination already had it; for a manifest, including everything it refers to.
    Present,
    /// The destination had the manifest but did not list it as a referrer; it is listed now.
    Listed,
    /// [`Selection::choose`](crate::Selection::choose) left it out; for a manifest, including everything it refers to.
    SkippedByCaller,
    /// The source does not have it. Only the subject of a manifest may be absent.
    Absent,
}

/// A progress event of a copy.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A node was discovered.
    Discovered {
        /// The node.
        node: &'a Descriptor,
        /// The totals so far.
        totals: Totals,
    },
    /// The transfer of a node started, because the destination does not have it. If the bytes were already in memory,
    /// this is reported once the transfer is complete.
    Started {
        /// The node.
        node: &'a Descriptor,
    },
    /// Bytes of a node were read for the destination.
    Bytes {
        /// The node.
        node: &'a Descriptor,
        /// The offset reached, in bytes.
        done: u64,
    },
    /// The transfer of a node was interrupted and resumes from an earlier offset.
    Retried {
        /// The node.
        node: &'a Descriptor,
        /// The offset in bytes.
        from: u64,
    },
    /// A manifest was rejected for missing content that the destination had reported as present. Its children are
    /// copied again.
    Healing {
        /// The manifest.
        node: &'a Descriptor,
    },
    /// A node failed, and [the copy continues](crate::CopyOptions::keep_going).
    Failed {
        /// The node.
        node: &'a Descriptor,
        /// The manifests known so far that refer to it; none for a root.
        named_by: &'a [&'a Descriptor],
        /// The error. The copy returns the first of these.
        error: &'a CopyError,
    },
    /// A node is finished.
    Finished {
        /// The node.
        node: &'a Descriptor,
        /// The outcome.
        outcome: Outcome,
        /// The totals so far.
        totals: Totals,
    },
}

/// Counts of nodes and bytes in a copy. The number found grows as long as manifests are being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Nodes found.
    pub nodes: u64,
    /// Bytes of the nodes found.
    pub bytes: u64,
    /// Nodes finished, whatever their outcome.
    pub finished_nodes: u64,
    /// Bytes of the nodes finished, whether copied or already present.
    pub finished_bytes: u64,
    /// Bytes of the nodes copied.
    pub copied_bytes: u64,
}

/// Receives the events of a copy. Implemented for closures.
pub trait Events: Send + Sync {
    /// Called for each event, in order for each node. It should return quickly.
    fn on_event(&self, event: Event<'_>);
}

impl<F: Fn(Event<'_>) + Send + Sync> Events for F {
    fn on_event(&self, event: Event<'_>) {
        self(event);
    }
}
