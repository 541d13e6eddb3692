//! Naming: the names of the source's tags at the destination.

use std::collections::HashMap;
use std::sync::Arc;

use oras_content::{Error, Tag};

use crate::SyncError;
use crate::pair::Pair;
use crate::selection::owner;

/// A tag, and its name at the destination.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) tag: Tag,
    pub(crate) to: Tag,
}

impl Named {
    /// Returns a tag that keeps its name.
    pub(crate) fn same(tag: Tag) -> Self {
        Self { to: tag.clone(), tag }
    }

    /// Returns the name at the destination, if it is a different one.
    pub(crate) fn renamed(&self) -> Option<Tag> {
        (self.to != self.tag).then(|| self.to.clone())
    }
}

impl Pair<'_> {
    /// Maps tags to their names at the destination. Tags with an invalid new name fail, and so do tags that would get the
    /// same name.
    pub(crate) fn named(&mut self, tags: Vec<Tag>) -> Vec<Named> {
        if self.job.rename.is_empty() {
            return tags.into_iter().map(Named::same).collect();
        }
        let mut by_name: HashMap<Tag, Vec<Tag>> = HashMap::new();
        for tag in tags {
            match self.name(&tag) {
                Ok(name) => by_name.entry(name).or_default().push(tag),
                Err(error) => self.failed(tag, error),
            }
        }
        let mut named = Vec::new();
        for (to, mut tags) in by_name {
            match (tags.pop(), tags.is_empty()) {
                (Some(tag), true) => named.push(Named { tag, to }),
                (last, _) => self.clash(&to, tags.into_iter().chain(last).collect()),
            }
        }
        named.sort_by(|one, other| one.tag.as_str().cmp(other.tag.as_str()));
        named
    }

    /// Returns the name of a tag at the destination.
    pub(crate) fn name(&self, tag: &Tag) -> Result<Tag, SyncError> {
        let name = self.job.rename.name(tag.as_str());
        let failed = |error: Error| SyncError::Rename {
            tag: format!("{}:{tag}", self.source),
            name: name.clone(),
            source: Arc::new(error),
        };
        if owner(&name).is_some() {
            let reason = "tags of this form belong to other artifacts";
            return Err(failed(Error::refused(format!("the tag {name}"), reason)));
        }
        name.parse().map_err(|error| failed(Error::from(error)))
    }

    fn clash(&mut self, name: &Tag, tags: Vec<Tag>) {
        self.spared.insert(name.clone());
        for tag in &tags {
            let error = SyncError::SameName {
                tags: tags.clone(),
                name: name.clone(),
            };
            self.failed(tag.clone(), error);
        }
    }
}
