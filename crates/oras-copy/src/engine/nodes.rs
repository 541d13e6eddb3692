//! The nodes of a copy, each identified by an index.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use hashbrown::HashTable;
use oras_content::{Descriptor, Digest, MediaType};

use super::compact::Compact;
use super::node::{Id, Node};

#[derive(Default)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    /// Indexes by [`Key`], which is derived from the nodes.
    ids: HashTable<Id>,
    hasher: RandomState,
    /// Interned, because all nodes share a few media types.
    media_types: HashSet<Arc<MediaType>>,
}

/// The identity of a node, however many parents list it. Registries keep manifests apart from blobs, so a manifest that
/// is also listed as a layer is two nodes. So is content that two parents list with different sizes: one of them is
/// wrong, and fails on its own.
#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    digest: &'a Digest,
    size: u64,
    is_manifest: bool,
}

impl<'a> Key<'a> {
    fn of(descriptor: &'a Descriptor) -> Self {
        Self {
            digest: &descriptor.digest,
            size: descriptor.size,
            is_manifest: descriptor.is_manifest(),
        }
    }

    fn of_node(node: &'a Node) -> Self {
        Self {
            digest: node.target.digest(),
            size: node.target.size(),
            is_manifest: node.target.is_manifest(),
        }
    }
}

impl Nodes {
    pub(super) fn find(&self, descriptor: &Descriptor) -> Option<Id> {
        let key = Key::of(descriptor);
        let hash = self.hasher.hash_one(&key);
        let found = self
            .ids
            .find(hash, |id| Key::of_node(&self.nodes[*id as usize]) == key);
        found.copied()
    }

    /// Adds a node that does not exist yet.
    pub(super) fn add(&mut self, descriptor: Descriptor) -> Id {
        let id = Id::try_from(self.nodes.len()).expect("fewer than 2^32 nodes fit in memory");
        let media_type = self.media_type(&descriptor.media_type);
        self.nodes.push(Node::new(Compact::new(descriptor, &media_type)));
        let hash = |id: &Id| self.hasher.hash_one(Key::of_node(&self.nodes[*id as usize]));
        self.ids.insert_unique(hash(&id), id, hash);
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

    /// Finds the manifest with this digest, preferring a finished one if it is listed with different sizes.
    pub(super) fn manifest(&self, digest: &Digest) -> Option<Id> {
        let of_digest = self.ids.iter().copied().filter(|id| {
            let target = &self[*id].target;
            target.is_manifest() && target.digest() == digest
        });
        of_digest.max_by_key(|id| self[*id].is_done())
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
