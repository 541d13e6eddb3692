//! What the store holds, behind its lock.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use oras_content::{
    Descriptor, Digest, Error, Graph, InvalidReference, Manifest, MediaType, Pushed, Result, Verified,
};

#[derive(Debug, Default)]
pub(crate) struct State {
    content: HashMap<Digest, Stored>,
    tags: BTreeMap<String, Descriptor>,
    graph: Graph,
}

/// Content of which no more is kept than a store of many small ones can afford.
#[derive(Debug)]
struct Stored {
    media_type: MediaType,
    bytes: Bytes,
}

impl State {
    pub(crate) fn contains(&self, digest: &Digest) -> bool {
        self.content.contains_key(digest)
    }

    pub(crate) fn bytes(&self, digest: &Digest) -> Result<Bytes> {
        let found = self.content.get(digest).ok_or_else(|| Error::not_found(digest))?;
        Ok(found.bytes.clone())
    }

    /// Adds content; a manifest with its edges. `manifest` was read from `content` where it is one.
    pub(crate) fn insert(&mut self, content: Verified, manifest: Option<&Manifest>, force: bool) -> Pushed {
        let digest = content.descriptor().digest.clone();
        if !force && self.contains(&digest) {
            return Pushed::Present;
        }
        if let Some(manifest) = manifest {
            self.graph.insert(manifest);
        }
        let stored = Stored {
            media_type: content.descriptor().media_type.clone(),
            bytes: content.bytes().clone(),
        };
        self.content.insert(digest, stored);
        Pushed::Stored
    }

    pub(crate) fn resolve(&self, reference: &str) -> Result<Descriptor> {
        if reference.is_empty() {
            return Err(Error::missing_name("the memory store"));
        }
        if let Some(tagged) = self.tags.get(reference) {
            return Ok(tagged.clone());
        }
        reference
            .parse()
            .ok()
            .and_then(|digest: Digest| self.content.get_key_value(&digest))
            .map(|(digest, found)| {
                Descriptor::new(found.media_type.clone(), digest.clone(), found.bytes.len() as u64)
            })
            .ok_or_else(|| Error::not_found(reference))
    }

    pub(crate) fn tag(&mut self, target: &Descriptor, reference: &str) -> Result<()> {
        if reference.is_empty() {
            return Err(Error::missing_name(target.digest.to_string()));
        }
        if !self.contains(&target.digest) {
            return Err(Error::not_found(&target.digest));
        }
        if reference == target.digest.as_str() {
            return Ok(());
        }
        if reference.parse::<Digest>().is_ok() {
            return Err(InvalidReference::new(reference, "a digest cannot stand for other content").into());
        }
        self.tags.insert(reference.to_owned(), target.clone());
        Ok(())
    }

    pub(crate) fn untag(&mut self, reference: &str) -> Result<()> {
        match self.tags.remove(reference) {
            Some(_) => Ok(()),
            None => Err(Error::not_found(reference)),
        }
    }

    pub(crate) fn tags_after(&self, last: Option<&str>) -> Vec<String> {
        self.tags
            .keys()
            .filter(|tag| last.is_none_or(|last| tag.as_str() > last))
            .cloned()
            .collect()
    }

    pub(crate) fn predecessors(&self, digest: &Digest) -> Vec<Descriptor> {
        self.graph.predecessors(digest).cloned().collect()
    }

    pub(crate) fn delete(&mut self, digest: &Digest) -> Result<()> {
        if self.content.remove(digest).is_none() {
            return Err(Error::not_found(digest));
        }
        self.tags.retain(|_, tagged| tagged.digest != *digest);
        self.graph.remove(digest);
        Ok(())
    }
}
