//! The manifests that are reachable from an index, with their edges.

use std::collections::HashMap;
use std::sync::OnceLock;

use oras_content::{Descriptor, Digest, Graph, Manifest, MediaType};

use crate::listing::Listing;

#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// The edges to subjects, and to the manifests of indexes.
    graph: Graph,
    /// All edges. Found when they are first needed, because there may be very many to blobs.
    all: OnceLock<Graph>,
    known: HashMap<Digest, Node>,
}

#[derive(Debug)]
struct Node {
    media_type: MediaType,
    size: u64,
    subject: Option<Digest>,
    /// The manifests of an index.
    manifests: Vec<Digest>,
}

impl Walk {
    /// A walk that looks for all edges, so that [`predecessors`](Self::predecessors) need not walk again.
    pub(crate) fn with_blobs() -> Self {
        Self {
            all: OnceLock::from(Graph::new()),
            ..Self::default()
        }
    }

    /// Adds the manifests among `roots` and all that they lead to. A manifest that `read` does not return is skipped,
    /// and tried again the next time.
    pub(crate) fn extend<'a>(
        &mut self,
        roots: impl IntoIterator<Item = &'a Descriptor>,
        read: impl Fn(&Descriptor) -> Option<Manifest>,
    ) {
        let mut todo: Vec<Descriptor> = roots
            .into_iter()
            .filter(|root| root.is_manifest())
            .cloned()
            .collect();
        todo.reverse();
        while let Some(next) = todo.pop() {
            if self.contains(&next.digest) {
                continue;
            }
            if let Some(manifest) = read(&next.plain()) {
                let listing = Listing::new(&manifest);
                self.insert(&listing);
                todo.extend(listing.leads_to().cloned());
            }
        }
    }

    pub(crate) fn insert(&mut self, listing: &Listing) {
        let descriptor = listing.descriptor();
        let manifests = listing.manifests.iter();
        let node = Node {
            media_type: descriptor.media_type.clone(),
            size: descriptor.size,
            subject: listing.subject.as_ref().map(|subject| subject.digest.clone()),
            manifests: manifests.map(|child| child.digest.clone()).collect(),
        };
        let reached = listing.reached().map(|node| node.digest.clone());
        self.graph.insert_edges(listing.node.clone(), reached);
        if let Some(all) = self.all.get_mut() {
            all.insert_edges(listing.node.clone(), listing.edges.iter().cloned());
        }
        self.known.insert(descriptor.digest.clone(), node);
    }

    pub(crate) fn remove(&mut self, digest: &Digest) {
        self.graph.remove(digest);
        if let Some(all) = self.all.get_mut() {
            all.remove(digest);
        }
        self.known.remove(digest);
    }

    pub(crate) fn contains(&self, digest: &Digest) -> bool {
        self.known.contains_key(digest)
    }

    /// The descriptor of a reachable manifest.
    pub(crate) fn descriptor(&self, digest: &Digest) -> Option<Descriptor> {
        let (digest, node) = self.known.get_key_value(digest)?;
        Some(Descriptor::new(
            node.media_type.clone(),
            digest.clone(),
            node.size,
        ))
    }

    /// The manifests reachable through `digest`: its subject, and those it lists as an index.
    pub(crate) fn children(&self, digest: &Digest) -> Vec<Descriptor> {
        let Some(node) = self.known.get(digest) else {
            return Vec::new();
        };
        let children = node.manifests.iter().chain(&node.subject);
        children.filter_map(|child| self.descriptor(child)).collect()
    }

    /// Whether an index that matches `is_left` lists this manifest.
    pub(crate) fn is_child(&self, digest: &Digest, is_left: impl Fn(&Digest) -> bool) -> bool {
        self.graph
            .predecessors(digest)
            .filter(|parent| is_left(&parent.digest))
            .filter_map(|parent| self.known.get(&parent.digest))
            .any(|parent| parent.manifests.contains(digest))
    }

    /// The manifests that refer to `digest`. Walks from `roots` again, unless all edges are known.
    pub(crate) fn predecessors<'a>(
        &self,
        digest: &Digest,
        roots: impl IntoIterator<Item = &'a Descriptor>,
        read: impl Fn(&Descriptor) -> Option<Manifest>,
    ) -> Vec<Descriptor> {
        let all = self.all.get_or_init(|| {
            let mut again = Self::with_blobs();
            again.extend(roots, read);
            again.all.into_inner().unwrap_or_default()
        });
        all.predecessors(digest).cloned().collect()
    }

    /// The manifests whose subject is `subject`, optionally only those of `artifact_type`.
    pub(crate) fn referrers(&self, subject: &Digest, artifact_type: Option<&str>) -> Vec<Descriptor> {
        let names_it = |node: &&Descriptor| {
            let found = self.known.get(&node.digest);
            found.is_some_and(|node| node.subject.as_ref() == Some(subject))
        };
        let is_wanted = |node: &&Descriptor| {
            let kind = node.artifact_type.as_ref().map(|kind| kind.as_str());
            artifact_type.is_none() || artifact_type == kind
        };
        let found = self.graph.predecessors(subject);
        found.filter(names_it).filter(is_wanted).cloned().collect()
    }
}
