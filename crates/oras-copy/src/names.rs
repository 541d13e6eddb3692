//! The names of a copy on both sides.

use oras_content::{Digest, Error, IntoName, Name, Store, StoreExt, Tag};

use crate::{CopyError, Operation};

/// The names of a copy, and how messages refer to both sides.
pub(crate) struct Names {
    pub(crate) source: Name,
    pub(crate) destination: Name,
    pub(crate) source_text: String,
    pub(crate) destination_text: String,
}

impl Names {
    /// Parses both names. An empty destination name means the same as at the source.
    pub(crate) fn of(
        source: &dyn Store,
        source_name: impl IntoName,
        destination: &dyn Store,
        destination_name: impl IntoName,
    ) -> Result<Self, CopyError> {
        let from = source.named(source_name);
        let from = from
            .map_err(|error| CopyError::source(Operation::Resolve)(error).between(&source, &destination))?;
        let to = destination_name.into_name();
        let to = to.map_err(|error| {
            CopyError::destination(Operation::Tag)(error.into()).between(&source, &destination)
        })?;
        let destination_text = match &to {
            Some(to) => text(destination, to),
            None => destination.to_string(),
        };
        Ok(Self {
            source_text: text(source, &from),
            destination_text,
            destination: to.unwrap_or_else(|| from.clone()),
            source: from,
        })
    }

    /// Returns the tags to set on a root at the destination.
    pub(crate) fn tags(&self, root: &Digest, more: &[Tag]) -> Result<Vec<Tag>, CopyError> {
        let digest = match &self.destination {
            Name::Tag(tag) => {
                let more = more.iter().filter(|more| *more != tag);
                return Ok(std::iter::once(tag).chain(more).cloned().collect());
            }
            Name::Digest(digest) => digest,
        };
        if digest == root || self.destination == self.source {
            return Ok(more.to_vec());
        }
        let copying = format!("copying {root} as {digest}");
        let error = Error::refused(copying, "a digest names only its own content; give a tag");
        Err(CopyError::destination(Operation::Tag)(error))
    }
}

fn text(store: &dyn Store, name: &Name) -> String {
    match name {
        Name::Tag(tag) => format!("{store}:{tag}"),
        Name::Digest(digest) => format!("{store}@{digest}"),
    }
}
