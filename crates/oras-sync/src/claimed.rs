//! Tags at destinations that several jobs write to, and the content that each job gave them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use oras_content::{Digest, Tag};

use crate::overlap::Address;

#[derive(Default)]
pub(crate) struct ClaimedTags {
    table: Mutex<HashMap<(Address, Tag), Given>>,
}

/// The content that a job gave to a tag.
#[derive(Clone)]
pub(crate) struct Given {
    /// The name of the tag at its source.
    pub(crate) from: String,
    /// The selected platforms.
    pub(crate) platforms: String,
    pub(crate) root: Digest,
}

impl ClaimedTags {
    /// Records the content of a tag.
    ///
    /// # Errors
    ///
    /// Another job has given it other content. The error is the name of the tag at that job's source.
    pub(crate) fn claim(&self, at: &Address, tag: &Tag, given: Given) -> Result<(), String> {
        // Each change is atomic, so a poisoned lock is safe to use.
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
