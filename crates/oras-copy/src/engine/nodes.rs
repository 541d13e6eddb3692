//! The nodes of a copy, each known by one number.

use std::collections::{HashMap, HashSet};
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use oras_content::{Descriptor, Digest, MediaType};

use super::compact::Compact;
use super::node::{Id, Node};

#[derive(Default)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    ids: HashMap<Key, Id>,
    /// Kept once each, as few are common to all nodes.
    media_types: HashSet<Arc<MediaType>>,
}

/// What makes content one node however many parents list it. A registry keeps manifests apart from blobs, so a
/// manifest that is also listed as a layer is two. So is content that two parents give different sizes: one of them is
/// wrong, and fails without the other.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    digest: Digest,
    size: u64,
    is_manifest: bool,
}

impl Key {
    fn of(descriptor: &Descriptor) -> Self {
        Self {
            digest: descriptor.digest.clone(),
            size: descriptor.size,
            is_manifest: descriptor.is_manifest(),
        }
    }
}

impl Nodes {
    pub(super) fn find(&self, descriptor: &Descriptor) -> Option<Id> {
        self.ids.get(&Key::of(descriptor)).copied()
    }

    /// Adds a node that is not there yet.
    pub(super) fn add(&mut self, descriptor: Descriptor) -> Id {
        let id = Id::try_from(self.nodes.len()).expect("fewer than 2^32 nodes fit in memory");
        self.ids.insert(Key::of(&descriptor), id);
        let media_type = self.media_type(&descriptor.media_type);
        self.nodes.push(Node::new(Compact::new(descriptor, &media_type)));
        id
    }

    fn media_type(&mut self, media_type: &MediaType) -> Arc<MediaType> {
        if let Some(known) = self.media_types.get(media_type) {
            return Arc::clone(known);
        }
        let new = Arc::new(media_type.clone());
        self.media_types.insert(Arc::clone(&new));
        new
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        self.nodes.iter_mut()
    }

    /// The manifest of this digest; the one that is done where a wrong size was given, too.
    pub(super) fn manifest(&self, digest: &Digest) -> Option<Id> {
        let of_digest = self
            .ids
            .iter()
            .filter(|(key, _)| key.is_manifest && key.digest == *digest);
        let id = of_digest.max_by_key(|(_, id)| self[**id].is_done());
        id.map(|(_, id)| *id)
    }
}

impl Index<Id> for Nodes {
    type Output = Node;

    fn index(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }
}

impl IndexMut<Id> for Nodes {
    fn index_mut(&mut self, id: Id) -> &mut Node {
        &mut self.nodes[id as usize]
    }
}
