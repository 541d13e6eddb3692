//! A turn: changes that are written together, each of which depends on those before it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use oras_content::{Descriptor, Digest};

use crate::edit::Edit;
use crate::listing::Listing;
use crate::walk::Walk;

/// The reachable manifests, as changed by the edits so far.
#[derive(Clone)]
pub(crate) struct Turn<'a> {
    walk: &'a Walk,
    gone: HashSet<Digest>,
    listed: HashMap<Digest, Arc<Listing>>,
    /// The indexes among `listed`, by the manifests that they list.
    parents: HashMap<Digest, Vec<Digest>>,
    /// Manifests that were refused, so that nothing may refer to them.
    refused: HashSet<Digest>,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(walk: &'a Walk) -> Self {
        Self {
            walk,
            gone: HashSet::new(),
            listed: HashMap::new(),
            parents: HashMap::new(),
            refused: HashSet::new(),
        }
    }

    pub(crate) fn list(&mut self, listing: &Arc<Listing>) {
        let digest = listing.digest();
        self.gone.remove(digest);
        for child in &listing.manifests {
            let parents = self.parents.entry(child.digest.clone()).or_default();
            parents.push(digest.clone());
        }
        self.listed.insert(digest.clone(), Arc::clone(listing));
    }

    /// Refuses these manifests, so that later ones that refer to them are refused, too.
    pub(crate) fn refuse(&mut self, edits: &[Edit]) {
        let refused = edits.iter().filter_map(Edit::listed);
        self.refused
            .extend(refused.map(|listing| listing.digest().clone()));
    }

    pub(crate) fn refuses(&self, digest: &Digest) -> bool {
        self.refused.contains(digest)
    }

    /// A refused manifest that this one refers to.
    pub(crate) fn refused_part<'l>(&self, listing: &'l Listing) -> Option<&'l Digest> {
        match self.refused.is_empty() {
            true => None,
            false => listing.edges.iter().find(|part| self.refused.contains(*part)),
        }
    }

    pub(crate) fn remove(&mut self, digest: &Digest) {
        self.listed.remove(digest);
        self.gone.insert(digest.clone());
    }

    /// Whether an index lists this manifest.
    pub(crate) fn is_child(&self, digest: &Digest) -> bool {
        let is_left = |parent: &Digest| parent != digest && !self.gone.contains(parent);
        let listed = self.parents.get(digest).into_iter().flatten();
        let mut listed = listed.filter(|parent| self.listed.contains_key(*parent));
        listed.any(is_left) || self.walk.is_child(digest, is_left)
    }

    /// The manifests reachable through `digest`: its subject, and those it lists as an index.
    pub(crate) fn children(&self, digest: &Digest) -> Vec<Descriptor> {
        let Some(listing) = self.listed.get(digest) else {
            return self.walk.children(digest);
        };
        let known = listing.reached().filter(|child| self.is_known(&child.digest));
        known.cloned().collect()
    }

    fn is_known(&self, digest: &Digest) -> bool {
        let is_reached = self.listed.contains_key(digest) || self.walk.contains(digest);
        is_reached && !self.gone.contains(digest)
    }
}
