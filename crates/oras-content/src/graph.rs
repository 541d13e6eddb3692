//! Which manifest refers to what, kept in memory.

use std::collections::HashMap;
use std::sync::Arc;

use crate::{Descriptor, Digest, Manifest};

/// The edges of the manifests that a store has, to be followed backwards.
///
/// Nodes are known by digest alone: a blob that two manifests list under different media types is one node. A manifest
/// is described once, however many edges it has.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    predecessors: HashMap<Digest, Vec<Arc<Descriptor>>>,
    successors: HashMap<Digest, Vec<Digest>>,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a manifest and its edges. Adding it again changes nothing.
    pub fn insert(&mut self, manifest: &Manifest) {
        let digest = &manifest.descriptor().digest;
        if self.successors.contains_key(digest) {
            return;
        }
        let mut targets: Vec<Digest> = manifest.successors().map(|node| node.digest.clone()).collect();
        targets.sort();
        targets.dedup();
        let node = Arc::new(manifest.referrer_descriptor());
        for target in &targets {
            let known = self.predecessors.entry(target.clone()).or_default();
            known.push(Arc::clone(&node));
        }
        self.successors.insert(digest.clone(), targets);
    }

    /// Removes a manifest and its edges.
    pub fn remove(&mut self, manifest: &Digest) {
        for target in self.successors.remove(manifest).unwrap_or_default() {
            if let Some(known) = self.predecessors.get_mut(&target) {
                known.retain(|node| node.digest != *manifest);
                if known.is_empty() {
                    self.predecessors.remove(&target);
                }
            }
        }
    }

    /// The manifests that refer to `node`, in the order in which they were added.
    pub fn predecessors(&self, node: &Digest) -> impl Iterator<Item = &Descriptor> + use<'_> {
        self.predecessors.get(node).into_iter().flatten().map(Arc::as_ref)
    }

    /// Whether the edges of this manifest are known.
    pub fn contains(&self, manifest: &Digest) -> bool {
        self.successors.contains_key(manifest)
    }
}
