//! What of an artifact is pulled, and what was found of it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use oras::content::MediaType;
use oras::{Descriptor, Manifest};

/// What of a manifest is pulled.
pub(super) struct Wanted {
    /// The media type that a configuration must have, where one is wanted.
    pub(super) config: Option<Option<MediaType>>,
    /// The titles of the only files to pull; all of them where it is empty.
    pub(super) titles: Vec<String>,
    pub(super) subject: bool,
    pub(super) lists_files: bool,
    pub(super) found: Mutex<Found>,
}

/// What was found in the manifests.
#[derive(Clone, Default)]
pub(super) struct Found {
    /// How many files there are.
    pub(super) count: usize,
    /// The files, where they are listed in the result.
    pub(super) files: Vec<Descriptor>,
    /// Layers without a title.
    pub(super) skipped: Vec<Descriptor>,
    pub(super) configs: Vec<Descriptor>,
}

impl Wanted {
    pub(super) fn found(&self) -> MutexGuard<'_, Found> {
        // Every change is an addition.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to copy along with a manifest: its files, and what an index lists.
    pub(super) fn of(&self, manifest: &Manifest) -> Vec<Descriptor> {
        let (files, untitled): (Vec<_>, Vec<_>) = manifest
            .layers()
            .iter()
            .cloned()
            .partition(|layer| layer.title().is_some());
        let files: Vec<_> = files.into_iter().filter(|file| self.wants_file(file)).collect();
        let mut found = self.found();
        found.count += files.len();
        if self.lists_files {
            found.files.extend(files.iter().cloned());
        }
        // The empty layer says that there are none.
        let skipped = untitled
            .into_iter()
            .filter(|layer| layer.media_type != MediaType::OCI_EMPTY);
        found.skipped.extend(skipped);
        let config = manifest.config().filter(|config| self.wants(config));
        found.configs.extend(config.cloned());

        let mut chosen = files;
        if self.subject {
            chosen.extend(manifest.subject().cloned());
        }
        chosen.extend(manifest.manifests().iter().cloned());
        chosen
    }

    fn wants_file(&self, file: &Descriptor) -> bool {
        let is_title = |title: &String| file.title() == Some(title);
        self.titles.is_empty() || self.titles.iter().any(is_title)
    }

    fn wants(&self, config: &Descriptor) -> bool {
        match &self.config {
            None => false,
            Some(None) => true,
            Some(Some(wanted)) => *wanted == config.media_type,
        }
    }
}
