//! The state of the store, behind its lock.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use oras_content::{
    Descriptor, Digest, Error, Graph, Manifest, MediaType, Name, Pushed, Result, Tag, Verified,
};

use crate::room::Room;

#[derive(Debug, Default)]
pub(crate) struct State {
    content: HashMap<Digest, Stored>,
    tags: BTreeMap<String, Descriptor>,
    graph: Graph,
}

/// Stored content, kept small for stores with many small blobs.
#[derive(Debug)]
struct Stored {
    media_type: MediaType,
    bytes: Bytes,
    _room: Room,
}

impl Stored {
    fn is_manifest(&self) -> bool {
        self.media_type.manifest_kind().is_some()
    }
}

impl State {
    pub(crate) fn contains(&self, digest: &Digest) -> bool {
        self.content.contains_key(digest)
    }

    /// Whether `target` is present. A manifest is present only if it was pushed as one: the successors of a blob are
    /// unknown.
    pub(crate) fn has(&self, target: &Descriptor) -> bool {
        let found = self.content.get(&target.digest);
        found.is_some_and(|found| !target.is_manifest() || found.is_manifest())
    }

    pub(crate) fn bytes(&self, digest: &Digest) -> Result<Bytes> {
        let found = self.content.get(digest).ok_or_else(|| Error::not_found(digest))?;
        Ok(found.bytes.clone())
    }

    /// Adds content and, for a manifest, its edges. `manifest` is the parsed `content` if it is one.
    pub(crate) fn insert(
        &mut self,
        content: Verified,
        room: Room,
        manifest: Option<&Manifest>,
        force: bool,
    ) -> Pushed {
        let digest = content.descriptor().digest.clone();
        if !force && self.has(content.descriptor()) {
            return Pushed::Present;
        }
        if let Some(manifest) = manifest {
            self.graph.insert(manifest);
        }
        let media_type = match self.content.get(&digest).filter(|there| there.is_manifest()) {
            Some(there) if manifest.is_none() => there.media_type.clone(),
            _ => content.descriptor().media_type.clone(),
        };
        let stored = Stored {
            media_type,
            bytes: content.bytes().clone(),
            _room: room,
        };
        self.content.insert(digest, stored);
        Pushed::Stored
    }

    pub(crate) fn resolve(&self, name: &Name) -> Result<Descriptor> {
        let found = match name {
            Name::Tag(tag) => self.tags.get(tag.as_str()).cloned(),
            Name::Digest(digest) => self.describe(digest),
        };
        found.ok_or_else(|| Error::not_found(name))
    }

    fn describe(&self, digest: &Digest) -> Option<Descriptor> {
        let found = self.content.get(digest)?;
        let size = found.bytes.len() as u64;
        Some(Descriptor::new(found.media_type.clone(), digest.clone(), size))
    }

    pub(crate) fn tag(&mut self, target: &Descriptor, tag: &Tag) -> Result<()> {
        if !self.contains(&target.digest) {
            return Err(Error::not_found(&target.digest));
        }
        self.tags.insert(tag.to_string(), target.clone());
        Ok(())
    }

    pub(crate) fn untag(&mut self, tag: &Tag) -> Result<()> {
        match self.tags.remove(tag.as_str()) {
            Some(_) => Ok(()),
            None => Err(Error::not_found(tag)),
        }
    }

    pub(crate) fn contents(&self) -> Vec<Descriptor> {
        let digests = self.content.keys();
        digests.filter_map(|digest| self.describe(digest)).collect()
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
