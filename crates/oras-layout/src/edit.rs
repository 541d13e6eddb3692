//! A change of the index, and its effect on the tree of manifests.

use std::collections::HashSet;
use std::sync::Arc;

use oras_content::{Descriptor, Digest, Error, ErrorKind, Manifest, Result, Tag};

use crate::blobs::{Blobs, Status};
use crate::index::Index;
use crate::listing::Listing;
use crate::turn::Turn;

#[derive(Clone, Debug)]
pub(crate) enum Edit {
    /// Lists an existing manifest, unless it is reachable otherwise.
    List(Arc<Listing>),
    Tag(Arc<Descriptor>, String),
    Untag(String),
    /// Removes all entries of content, and lists the manifests that were reachable only through it.
    Remove(Digest),
    /// Removes the unnamed entries of content, and lists the kept manifests that were reachable only through them.
    Unlist {
        gone: HashSet<Digest>,
        orphans: Vec<Descriptor>,
    },
}

impl Edit {
    /// Lists the existing `manifest`.
    pub(crate) fn list(manifest: &Manifest) -> Self {
        Self::List(Arc::new(Listing::new(manifest)))
    }

    /// Whether the change depends on which manifests are reachable.
    pub(crate) fn needs_walk(&self) -> bool {
        matches!(self, Self::List(_) | Self::Remove(_))
    }

    /// The manifest that is listed.
    pub(crate) fn listed(&self) -> Option<&Listing> {
        match self {
            Self::List(listing) => Some(listing),
            _ => None,
        }
    }

    /// Whether it repeats `other`: lists the same manifest, or sets the same tag.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(one), Self::List(other)) => one.digest() == other.digest(),
            (Self::Tag(_, one), Self::Tag(_, other)) => one == other,
            _ => false,
        }
    }

    /// Whether it tags the manifest that `list` lists.
    pub(crate) fn tags_what(&self, list: &Self) -> bool {
        match (self, list) {
            (Self::Tag(target, _), Self::List(listing)) => target.digest == *listing.digest(),
            _ => false,
        }
    }

    /// Changes `index` under the lock of the layout, so that no content is removed meanwhile.
    pub(crate) fn apply(&self, index: &mut Index, turn: &mut Turn<'_>, blobs: &Blobs) -> Result<()> {
        match self {
            Self::List(listing) => {
                if let Some(part) = turn.refused_part(listing) {
                    return Err(missing(listing, part));
                }
                check_relied(listing, blobs)?;
                list(listing, index, turn);
            }
            Self::Tag(target, name) => {
                if turn.refuses(&target.digest) {
                    return Err(Error::new(ErrorKind::MissingContent, &target.digest));
                }
                check_present(target, blobs)?;
                index.tag(target, name);
            }
            Self::Untag(name) if !index.untag(name) => return Err(Error::not_found(name)),
            Self::Untag(_) => {}
            Self::Remove(digest) => remove(digest, index, turn),
            Self::Unlist { gone, orphans } => {
                index.unlist(gone);
                orphans.iter().for_each(|orphan| index.list(orphan));
            }
        }
        Ok(())
    }
}

/// The edits that tag content.
pub(crate) fn tag_edits(target: &Descriptor, tags: Vec<Tag>) -> Vec<Edit> {
    let edit = |tag: Tag| Edit::Tag(Arc::new(target.clone()), tag.to_string());
    tags.into_iter().map(edit).collect()
}

fn check_present(target: &Descriptor, blobs: &Blobs) -> Result<()> {
    match blobs.status(target)? {
        Status::Present => Ok(()),
        _ => Err(Error::not_found(&target.digest)),
    }
}

/// Refuses a manifest if it was removed after it was stored, or if a child was removed after it was reported as
/// present. The caller then pushes both again.
fn check_relied(listing: &Listing, blobs: &Blobs) -> Result<()> {
    let relied = listing.edges.iter().filter(|part| blobs.relied.contains(part));
    for digest in std::iter::once(listing.digest()).chain(relied) {
        if blobs.is_missing(digest)? {
            return Err(missing(listing, digest));
        }
    }
    Ok(())
}

/// Whether a manifest was refused because it is missing itself.
pub(crate) fn is_own_loss(error: &Error) -> bool {
    let gone = std::error::Error::source(error).and_then(|source| source.downcast_ref::<Error>());
    let digest_of = |error: &Error| error.subject().and_then(|subject| subject.digest().cloned());
    matches!(error.kind(), ErrorKind::MissingContent) && gone.and_then(digest_of) == digest_of(error)
}

fn missing(listing: &Listing, part: &Digest) -> Error {
    Error::new(ErrorKind::MissingContent, listing.digest()).with_source(Error::not_found(part))
}

/// Lists a manifest unless an index lists it, and removes plain entries of manifests that it lists itself.
pub(crate) fn list(listing: &Arc<Listing>, index: &mut Index, turn: &mut Turn<'_>) {
    let digest = listing.digest();
    if !turn.is_child(digest) {
        index.list(listing.descriptor());
    }
    let children = listing.manifests.iter().map(|child| &child.digest);
    index.remove_plain(&children.filter(|child| *child != digest).collect());
    turn.list(listing);
}

fn remove(digest: &Digest, index: &mut Index, turn: &mut Turn<'_>) {
    index.remove(digest);
    let children = turn.children(digest);
    turn.remove(digest);
    for child in children {
        if !turn.is_child(&child.digest) {
            index.list(&child);
        }
    }
}
