//! An in-memory graph of the references between manifests.

use std::collections::HashMap;
use std::sync::Arc;

use crate::{Descriptor, Digest, Manifest};

/// The edges between a store's manifests and their successors, for walking backwards.
///
/// Nodes are identified by digest alone: a blob that two manifests list under different media types is one node. Each
/// manifest's descriptor is stored once, however many edges it has.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    predecessors: HashMap<Digest, Predecessors>,
    successors: HashMap<Digest, Vec<Digest>>,
}

impl Graph {
    /// Creates an empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a manifest and its edges. Has no effect if the manifest is already present.
    pub fn insert(&mut self, manifest: &Manifest) {
        let successors = manifest.successors().map(|node| node.digest.clone());
        self.insert_edges(manifest.referrer_descriptor(), successors);
    }

    /// Adds a manifest, described as a referrer, with the digests of its successors. Has no effect if the manifest is
    /// already present.
    pub fn insert_edges(&mut self, manifest: Descriptor, successors: impl IntoIterator<Item = Digest>) {
        if self.successors.contains_key(&manifest.digest) {
            return;
        }
        let digest = manifest.digest.clone();
        let mut targets: Vec<Digest> = successors.into_iter().collect();
        targets.sort();
        targets.dedup();
        let node = Arc::new(manifest);
        for target in &targets {
            let known = self.predecessors.entry(target.clone()).or_default();
            known.add(Arc::clone(&node));
        }
        self.successors.insert(digest, targets);
    }

    /// Removes a manifest and its edges.
    pub fn remove(&mut self, manifest: &Digest) {
        for target in self.successors.remove(manifest).unwrap_or_default() {
            if let Some(known) = self.predecessors.get_mut(&target) {
                known.remove(manifest);
                if known.as_slice().is_empty() {
                    self.predecessors.remove(&target);
                }
            }
        }
    }

    /// Returns the manifests that refer to `node`, in insertion order.
    pub fn predecessors(&self, node: &Digest) -> impl Iterator<Item = &Descriptor> + use<'_> {
        let known = self.predecessors.get(node).map(Predecessors::as_slice);
        known.unwrap_or_default().iter().map(Arc::as_ref)
    }

    /// Returns `true` if the edges of this manifest are known.
    pub fn contains(&self, manifest: &Digest) -> bool {
        self.successors.contains_key(manifest)
    }
}

/// The predecessors of a node. Most nodes have one, which needs no allocation of its own.
#[derive(Clone, Debug)]
enum Predecessors {
    One(Arc<Descriptor>),
    Many(Vec<Arc<Descriptor>>),
}

impl Default for Predecessors {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Predecessors {
    fn add(&mut self, manifest: Arc<Descriptor>) {
        match self {
            Self::Many(known) if known.is_empty() => *self = Self::One(manifest),
            Self::Many(known) => known.push(manifest),
            Self::One(first) => *self = Self::Many(vec![Arc::clone(first), manifest]),
        }
    }

    fn remove(&mut self, manifest: &Digest) {
        match self {
            Self::One(known) if known.digest == *manifest => *self = Self::default(),
            Self::One(_) => {}
            Self::Many(known) => known.retain(|node| node.digest != *manifest),
        }
    }

    fn as_slice(&self) -> &[Arc<Descriptor>] {
        match self {
            Self::One(known) => std::slice::from_ref(known),
            Self::Many(known) => known,
        }
    }
}
