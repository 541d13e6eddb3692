//! The in-memory changes of a repository.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use oras_content::Digest;
use oras_memory::MemoryStore;

/// The content added to a repository, and the content hidden in the backend below.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) added: MemoryStore,
    hidden: Mutex<Hidden>,
}

/// The content that counts as deleted below. It stays hidden, because content that is pushed again goes to the layer.
#[derive(Debug, Default)]
struct Hidden {
    content: HashSet<Digest>,
    tags: HashSet<String>,
}

impl Layer {
    pub(super) fn hide(&self, content: &Digest) {
        self.hidden().content.insert(content.clone());
    }

    pub(super) fn hide_tag(&self, tag: &str) {
        self.hidden().tags.insert(tag.to_owned());
    }

    pub(super) fn hides(&self, content: &Digest) -> bool {
        self.hidden().content.contains(content)
    }

    pub(super) fn hides_tag(&self, tag: &str) -> bool {
        self.hidden().tags.contains(tag)
    }

    /// Whether no content is hidden, and so no tags because of it.
    pub(super) fn hides_no_content(&self) -> bool {
        self.hidden().content.is_empty()
    }

    fn hidden(&self) -> MutexGuard<'_, Hidden> {
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
