//! A listing: what a layout has to know of a manifest that it lists, which may have very many layers.

use oras_content::{Descriptor, Digest, Manifest, Verified};

#[derive(Debug)]
pub(crate) struct Listing {
    content: Verified,
    /// The manifest as its predecessors and referrers are told of it.
    pub(crate) node: Descriptor,
    pub(crate) subject: Option<Descriptor>,
    /// What an index lists.
    pub(crate) manifests: Vec<Descriptor>,
    /// Manifests that it has as layers.
    others: Vec<Descriptor>,
    /// Everything that it refers to.
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

    /// What can be reached through it: its subject, and what it lists where it is an index.
    pub(crate) fn reached(&self) -> impl Iterator<Item = &Descriptor> {
        self.manifests.iter().chain(&self.subject)
    }

    /// The manifests among all that it refers to.
    pub(crate) fn leads_to(&self) -> impl Iterator<Item = &Descriptor> {
        let known = self.subject.iter().chain(&self.manifests).chain(&self.others);
        known.filter(|node| node.is_manifest())
    }
}
