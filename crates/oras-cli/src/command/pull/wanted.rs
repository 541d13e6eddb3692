//! The parts of an artifact to pull, and those that were found.

use std::sync::{Mutex, MutexGuard, PoisonError};

use oras::content::MediaType;
use oras::{Descriptor, Manifest};

/// The parts of a manifest to pull.
pub(super) struct Wanted {
    /// The media type that the configuration must have, if the configuration is requested.
    pub(super) config: Option<Option<MediaType>>,
    /// The titles of the files to pull; all files if empty.
    pub(super) titles: Vec<String>,
    pub(super) subject: bool,
    pub(super) lists_files: bool,
    pub(super) found: Mutex<Found>,
}

/// The content found in the manifests.
#[derive(Clone, Default)]
pub(super) struct Found {
    /// Number of files.
    pub(super) count: usize,
    /// The files, if the result lists them.
    pub(super) files: Vec<Descriptor>,
    /// Layers without a title.
    pub(super) skipped: Vec<Descriptor>,
    pub(super) configs: Vec<Descriptor>,
}

impl Wanted {
    pub(super) fn found(&self) -> MutexGuard<'_, Found> {
        // Each change is an addition, so a poisoned lock is safe to use.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the children of a manifest to copy: its files, and the manifests of an index.
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
        // The empty layer stands for no layers.
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
