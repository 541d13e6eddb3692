//! `Listing`: the facts about a listed manifest, without its layers, of which there may be very many.

use oras_content::{Descriptor, Digest, Manifest, Verified};

#[derive(Debug)]
pub(crate) struct Listing {
    content: Verified,
    /// The descriptor returned by queries for predecessors and referrers.
    pub(crate) node: Descriptor,
    pub(crate) subject: Option<Descriptor>,
    /// The manifests that an index lists.
    pub(crate) manifests: Vec<Descriptor>,
    /// Manifests among its config and layers.
    others: Vec<Descriptor>,
    /// The digests of everything that it refers to.
    pub(crate) edges: Vec<Digest>,
}

impl Listing {
    pub(crate) fn new(manifest: &Manifest) -> Self {
        let parts = manifest.config().into_iter().chain(manifest.layers());
        Self {
            content: manifest.content().clone(),
            node: manifest.referrer_descriptor(),
            subject: manifest.subject().map(Descriptor::plain),
            manifests: manifest.manifests().iter().map(Descriptor::plain).collect(),
            others: parts
                .filter(|part| part.is_manifest())
                .map(Descriptor::plain)
                .collect(),
            edges: manifest.successors().map(|node| node.digest.clone()).collect(),
        }
    }

    pub(crate) fn content(&self) -> &Verified {
        &self.content
    }

    pub(crate) fn descriptor(&self) -> &Descriptor {
        self.content.descriptor()
    }

    pub(crate) fn digest(&self) -> &Digest {
        &self.descriptor().digest
    }

    /// The manifests reachable through it: its subject, and those it lists as an index.
    pub(crate) fn reached(&self) -> impl Iterator<Item = &Descriptor> {
        self.manifests.iter().chain(&self.subject)
    }

    /// The manifests among everything that it refers to.
    pub(crate) fn leads_to(&self) -> impl Iterator<Item = &Descriptor> {
        let known = self.subject.iter().chain(&self.manifests).chain(&self.others);
        known.filter(|node| node.is_manifest())
    }
}
