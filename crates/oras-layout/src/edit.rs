//! A change of the index, and what the tree of manifests learns from it.

use std::collections::HashSet;
use std::sync::Arc;

use oras_content::{Descriptor, Digest, Error, ErrorKind, Manifest, Result, Tag};

use crate::blobs::{Blobs, Status};
use crate::index::Index;
use crate::listing::Listing;
use crate::turn::Turn;

#[derive(Clone, Debug)]
pub(crate) enum Edit {
    /// A manifest is there: list it unless it can be reached otherwise.
    List(Arc<Listing>),
    Tag(Arc<Descriptor>, String),
    Untag(String),
    /// Content goes: remove its entries, and list the manifests that only it led to.
    Remove(Digest),
    /// Content goes that has no name: remove its entries, and list what is kept and only they led to.
    Unlist {
        gone: HashSet<Digest>,
        orphans: Vec<Descriptor>,
    },
}

impl Edit {
    /// Lists `manifest`, which is there.
    pub(crate) fn list(manifest: &Manifest) -> Self {
        Self::List(Arc::new(Listing::new(manifest)))
    }

    /// Whether the change depends on which manifests can be reached.
    pub(crate) fn needs_walk(&self) -> bool {
        matches!(self, Self::List(_) | Self::Remove(_))
    }

    /// The manifest that it lists.
    pub(crate) fn listed(&self) -> Option<&Listing> {
        match self {
            Self::List(listing) => Some(listing),
            _ => None,
        }
    }

    /// Whether it does again what `other` did: lists the same manifest, or gives the same tag.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(one), Self::List(other)) => one.digest() == other.digest(),
            (Self::Tag(_, one), Self::Tag(_, other)) => one == other,
            _ => false,
        }
    }

    /// Whether it gives a tag to the manifest that `list` lists.
    pub(crate) fn tags_what(&self, list: &Self) -> bool {
        match (self, list) {
            (Self::Tag(target, _), Self::List(listing)) => target.digest == *listing.digest(),
            _ => false,
        }
    }

    /// Changes `index`, under the lock of the layout: what is there now cannot be removed meanwhile.
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

/// The edits that give content its tags.
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

/// Refuses a manifest where it was removed since it was stored, or a child of it since it was said to be there. The caller
/// pushes both again.
fn check_relied(listing: &Listing, blobs: &Blobs) -> Result<()> {
    let relied = listing.edges.iter().filter(|part| blobs.relied.contains(part));
    for digest in std::iter::once(listing.digest()).chain(relied) {
        if blobs.is_missing(digest)? {
            return Err(missing(listing, digest));
        }
    }
    Ok(())
}

/// Whether a manifest was refused because it is gone itself.
pub(crate) fn is_own_loss(error: &Error) -> bool {
    let gone = std::error::Error::source(error).and_then(|source| source.downcast_ref::<Error>());
    let digest_of = |error: &Error| error.subject().and_then(|subject| subject.digest().cloned());
    matches!(error.kind(), ErrorKind::MissingContent) && gone.and_then(digest_of) == digest_of(error)
}

fn missing(listing: &Listing, part: &Digest) -> Error {
    Error::new(ErrorKind::MissingContent, listing.digest()).with_source(Error::not_found(part))
}

/// Lists a manifest unless an index does, and what it lists no more than once.
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
