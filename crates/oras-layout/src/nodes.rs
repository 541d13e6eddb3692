//! Nodes: the manifests that an index leads to, including unreadable ones.

use std::collections::HashMap;

use oras_content::{Descriptor, Digest, Error, Manifest, Result};

use crate::blobs::Blobs;
use crate::stop::Stop;

/// The manifests found so far. None is read twice, because content never changes.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    known: HashMap<Digest, Node>,
    failed: HashMap<Digest, (Descriptor, Error)>,
    referrers: HashMap<Digest, Vec<Digest>>,
}

/// A manifest and its edges.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) descriptor: Descriptor,
    pub(crate) subject: Option<Descriptor>,
    /// Everything that it refers to, except its subject.
    pub(crate) children: Vec<Descriptor>,
}

impl Nodes {
    /// Reads the manifests among `roots` and all that they lead to. Manifests that could not be read before are read
    /// again.
    pub(crate) fn extend<'a>(
        &mut self,
        roots: impl IntoIterator<Item = &'a Descriptor>,
        blobs: &Blobs,
        stop: &Stop,
    ) -> Result<()> {
        let again = std::mem::take(&mut self.failed).into_values();
        let mut todo: Vec<Descriptor> = again.map(|(target, _)| target).collect();
        todo.extend(roots.into_iter().map(Descriptor::plain));
        while let Some(next) = todo.pop() {
            if !next.is_manifest() || self.is_seen(&next) {
                continue;
            }
            stop.check(blobs.dir())?;
            match read(&next, blobs) {
                Ok(manifest) => todo.extend(self.insert(&manifest)),
                Err(error) => drop(self.failed.insert(next.digest.clone(), (next, error))),
            }
        }
        self.failed.retain(|digest, _| !self.known.contains_key(digest));
        Ok(())
    }

    /// Whether it was read, or could not be read with this media type.
    fn is_seen(&self, next: &Descriptor) -> bool {
        let is_same = |(failed, _): &(Descriptor, Error)| failed.media_type == next.media_type;
        self.known.contains_key(&next.digest) || self.failed.get(&next.digest).is_some_and(is_same)
    }

    /// Adds a manifest. Returns everything that it refers to.
    fn insert(&mut self, manifest: &Manifest) -> Vec<Descriptor> {
        let subject = manifest.subject().map(Descriptor::plain);
        let skipped = usize::from(subject.is_some());
        let node = Node {
            descriptor: manifest.descriptor().clone(),
            children: manifest
                .successors()
                .skip(skipped)
                .map(Descriptor::plain)
                .collect(),
            subject,
        };
        let digest = node.descriptor.digest.clone();
        if let Some(subject) = &node.subject {
            let referrers = self.referrers.entry(subject.digest.clone()).or_default();
            referrers.push(digest.clone());
        }
        let leads_to = node.edges().cloned().collect();
        self.known.insert(digest, node);
        leads_to
    }

    pub(crate) fn get(&self, digest: &Digest) -> Option<&Node> {
        self.known.get(digest)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Node> {
        self.known.values()
    }

    /// Why the manifest could not be read.
    pub(crate) fn failure(&self, digest: &Digest) -> Option<&Error> {
        self.failed.get(digest).map(|(_, error)| error)
    }

    /// The manifests that could not be read, with their errors.
    pub(crate) fn failures(&self) -> impl Iterator<Item = &(Descriptor, Error)> {
        self.failed.values()
    }

    /// The manifests whose subject is `subject`.
    pub(crate) fn referrers(&self, subject: &Digest) -> impl Iterator<Item = &Node> {
        let found = self.referrers.get(subject).into_iter().flatten();
        found.filter_map(|digest| self.known.get(digest))
    }

    /// The manifests of `wanted`, each before everything that it refers to.
    pub(crate) fn parents_first(&self, wanted: impl Fn(&Digest) -> bool) -> Vec<&Digest> {
        let wanted: HashMap<&Digest, &Node> =
            self.known.iter().filter(|(digest, _)| wanted(digest)).collect();
        let mut parents: HashMap<&Digest, usize> = HashMap::new();
        for edge in wanted.values().flat_map(|node| node.edges()) {
            *parents.entry(&edge.digest).or_default() += 1;
        }
        let is_top = |digest: &&Digest| !parents.contains_key(*digest);
        let mut found: Vec<&Digest> = wanted.keys().copied().filter(is_top).collect();
        let mut next = 0;
        while let Some(node) = found.get(next).and_then(|digest| wanted.get(*digest)) {
            for edge in node.edges() {
                let left = parents.get_mut(&edge.digest).expect("every edge was counted");
                *left -= 1;
                if *left == 0
                    && let Some((digest, _)) = wanted.get_key_value(&edge.digest)
                {
                    found.push(digest);
                }
            }
            next += 1;
        }
        found
    }
}

impl Node {
    /// Everything that it refers to.
    pub(crate) fn edges(&self) -> impl Iterator<Item = &Descriptor> {
        self.subject.iter().chain(&self.children)
    }
}

/// Reads a manifest with the size of its file, because only the digest has to match.
fn read(target: &Descriptor, blobs: &Blobs) -> Result<Manifest> {
    let size = blobs
        .describe(&target.digest)
        .map_or(target.size, |found| found.size);
    blobs.manifest(&Descriptor::new(
        target.media_type.clone(),
        target.digest.clone(),
        size,
    ))
}
