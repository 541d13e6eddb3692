//! A change of the index, and what the tree of manifests learns from it.

use oras_content::{Descriptor, Digest, Error, Manifest, Result, Tag};

use crate::index::Index;
use crate::walk::Walk;

#[derive(Debug)]
pub(crate) enum Edit {
    /// A manifest is there: list it unless it can be reached otherwise.
    List(Box<Manifest>),
    Tag(Box<Descriptor>, String),
    Untag(String),
    /// Content goes: remove its entries, and list the manifests that only it led to.
    Remove(Digest),
}

impl Edit {
    /// Whether the change depends on which manifests can be reached.
    pub(crate) fn needs_walk(&self) -> bool {
        matches!(self, Self::List(_) | Self::Remove(_))
    }

    pub(crate) fn apply(&self, index: &mut Index, walk: &Walk) -> Result<()> {
        match self {
            Self::List(manifest) => list(manifest, index, walk),
            Self::Tag(target, name) => index.tag(target, name),
            Self::Untag(name) if !index.untag(name) => return Err(Error::not_found(name)),
            Self::Untag(_) => {}
            Self::Remove(digest) => remove(digest, index, walk),
        }
        Ok(())
    }
}

/// The edits that give content its tags.
pub(crate) fn tag_edits(target: &Descriptor, tags: Vec<Tag>) -> Vec<Edit> {
    let edit = |tag: Tag| Edit::Tag(Box::new(target.clone()), tag.to_string());
    tags.into_iter().map(edit).collect()
}

fn list(manifest: &Manifest, index: &mut Index, walk: &Walk) {
    let digest = &manifest.descriptor().digest;
    if !walk.is_child(digest, None) {
        index.list(manifest.descriptor());
    }
    let children = manifest.manifests().iter().map(|child| &child.digest);
    index.remove_plain(&children.filter(|child| *child != digest).collect());
}

fn remove(digest: &Digest, index: &mut Index, walk: &Walk) {
    index.remove(digest);
    for child in walk.children(digest) {
        if !walk.is_child(&child.digest, Some(digest)) {
            index.list(&child);
        }
    }
}
