//! The nodes of a copy, each identified by an index.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use hashbrown::HashTable;
use oras_content::{Descriptor, Digest, MediaType};

use super::compact::{Compact, Hash, Key};
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

impl Nodes {
    pub(super) fn find(&self, descriptor: &Descriptor) -> Option<Id> {
        let key = Key::of(descriptor);
        let hash = self.hasher.hash_one(&key);
        let found = self
            .ids
            .find(hash, |id| self.nodes[*id as usize].target.key() == key);
        found.copied()
    }

    /// Adds a node that does not exist yet.
    pub(super) fn add(&mut self, descriptor: Descriptor) -> Id {
        let id = Id::try_from(self.nodes.len()).expect("fewer than 2^32 nodes fit in memory");
        let media_type = self.media_type(&descriptor.media_type);
        self.nodes.push(Node::new(Compact::new(descriptor, &media_type)));
        let hash = |id: &Id| self.hasher.hash_one(self.nodes[*id as usize].target.key());
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
        let hash = Hash::of(digest);
        let of_digest = self.ids.iter().copied().filter(|id| {
            let target = &self[*id].target;
            target.is_manifest() && target.hash() == hash
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
