//! Events: what a caller sees of a copy as it goes.

use oras_content::Descriptor;

use crate::CopyError;

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
    /// [`Selection::choose`](crate::Selection::choose) left it out; for a manifest that covers all it refers to.
    SkippedByCaller,
    /// The source does not have it; only for the subject of a manifest, which may be absent.
    Absent,
}

/// Something that happened in a copy.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The copy came upon a node.
    Discovered {
        /// The node.
        node: &'a Descriptor,
        /// What is known of the copy by now.
        totals: Totals,
    },
    /// The destination does not have a node, and takes its bytes from here on. Of bytes that were in memory, it is told
    /// when they are there.
    Started {
        /// The node.
        node: &'a Descriptor,
    },
    /// Bytes of a node were read for the destination.
    Bytes {
        /// The node.
        node: &'a Descriptor,
        /// How many bytes of it so far.
        done: u64,
    },
    /// The transfer of a node goes on from an earlier byte, because it was interrupted.
    Retried {
        /// The node.
        node: &'a Descriptor,
        /// From which byte.
        from: u64,
    },
    /// A manifest was refused because content is missing that the destination said it had: its children are copied anew.
    Healing {
        /// The manifest.
        node: &'a Descriptor,
    },
    /// A node failed, and [the rest goes on](crate::CopyOptions::keep_going).
    Failed {
        /// The node.
        node: &'a Descriptor,
        /// The manifests that refer to it, as far as they are known by now; none for a root.
        named_by: &'a [&'a Descriptor],
        /// What went wrong. The first such error is that of the copy.
        error: &'a CopyError,
    },
    /// A node is finished.
    Finished {
        /// The node.
        node: &'a Descriptor,
        /// What became of it.
        outcome: Outcome,
        /// What is known of the copy by now.
        totals: Totals,
    },
}

/// How much a copy has found and done. What it has found grows as long as manifests are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Nodes that were found.
    pub nodes: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Nodes that are finished, whatever became of them.
    pub finished_nodes: u64,
    /// Their bytes, whether copied or already there.
    pub finished_bytes: u64,
    /// Bytes of nodes that were copied.
    pub copied_bytes: u64,
}

/// Hears of a copy as it goes. A closure is one.
pub trait Events: Send + Sync {
    /// Called for each event, in the order in which they happen for a node. It should return at once.
    fn on_event(&self, event: Event<'_>);
}

impl<F: Fn(Event<'_>) + Send + Sync> Events for F {
    fn on_event(&self, event: Event<'_>) {
        self(event);
    }
}
