//! Given tags: what the jobs of a plan have given the tags of destinations that several of them write.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use oras_content::{Digest, Tag};

use crate::overlap::Address;

#[derive(Default)]
pub(crate) struct GivenTags {
    table: Mutex<HashMap<(Address, Tag), Given>>,
}

/// What a tag was given.
#[derive(Clone)]
pub(crate) struct Given {
    /// What the tag is called at its source.
    pub(crate) from: String,
    /// What was selected of it.
    pub(crate) platforms: String,
    pub(crate) root: Digest,
}

impl GivenTags {
    /// Notes what a tag is given.
    ///
    /// # Errors
    ///
    /// Another job has given it something else: what the tag is called at the source of that one.
    pub(crate) fn give(&self, at: &Address, tag: &Tag, given: Given) -> Result<(), String> {
        // Every change is a single one.
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (at.clone(), tag.clone());
        match table.get(&key) {
            Some(other) if !other.agrees(&given) => Err(other.from.clone()),
            _ => {
                table.insert(key, given);
                Ok(())
            }
        }
    }
}

impl Given {
    fn agrees(&self, other: &Self) -> bool {
        let is_of_one = self.from == other.from && self.platforms == other.platforms;
        is_of_one || self.root == other.root
    }
}
