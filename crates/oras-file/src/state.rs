//! The state of the store: names, files and tags.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oras_content::{Descriptor, Digest, Error, ErrorKind, Result};

use crate::source::SourcePath;
use crate::temp::Temp;
use crate::title::Title;

#[derive(Debug, Default)]
pub(crate) struct State {
    names: HashMap<String, Name>,
    files: HashMap<Digest, File>,
    pub(crate) tags: BTreeMap<String, Descriptor>,
    /// Manifests that were pushed, along with the files they name.
    pub(crate) manifests: HashSet<Digest>,
    /// Folders already swept.
    pub(crate) swept: HashSet<PathBuf>,
    /// Entries of packed folders that will not be unpacked by default.
    pub(crate) refusals: Vec<Error>,
    /// Archives of folders, removed with the store.
    archives: Vec<Temp>,
}

/// A name in use.
#[derive(Debug)]
struct Name {
    digest: Digest,
    /// The file once it is complete, or the archive of a folder.
    path: Option<SourcePath>,
    /// Number of concurrent writers.
    writers: usize,
}

/// Content stored in a file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) content: Descriptor,
    pub(crate) path: SourcePath,
}

impl State {
    /// Returns the file of `target`, preferring the one with its own title.
    pub(crate) fn file(&self, target: &Descriptor, title: Option<&Title>) -> Option<File> {
        let file = self.files.get(&target.digest)?;
        let named = title.and_then(|title| self.names.get(&title.key()));
        let own = named.filter(|name| name.digest == target.digest);
        let path = own.and_then(|name| name.path.as_ref()).unwrap_or(&file.path);
        Some(File {
            content: file.content.clone(),
            path: path.clone(),
        })
    }

    /// Returns the descriptor of content in a file.
    pub(crate) fn content(&self, digest: &Digest) -> Option<Descriptor> {
        self.files.get(digest).map(|file| file.content.clone())
    }

    /// Returns the descriptors of all content in files.
    pub(crate) fn contents(&self) -> Vec<Descriptor> {
        self.files.values().map(|file| file.content.clone()).collect()
    }

    /// Whether `title` is in use.
    pub(crate) fn has(&self, title: &Title) -> bool {
        self.names.contains_key(&title.key())
    }

    /// Whether `title` is a complete file with this content.
    pub(crate) fn is_written(&self, title: &Title, digest: &Digest) -> bool {
        let name = self.names.get(&title.key());
        name.is_some_and(|name| name.digest == *digest && name.path.is_some())
    }
}

/// The state, shared by all clones of the store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Mutex<State>>);

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is complete before anything in it can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Claims the name `title` for `content`. Returns `None` if the file is already complete.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DuplicateName`]: the name belongs to other content.
    pub(crate) fn claim(&self, title: &Title, content: &Descriptor) -> Result<Option<Claim>> {
        self.claim_again(title, content, false)
    }

    /// Like [`claim`](Self::claim), but with `force` also claims complete files.
    pub(crate) fn claim_again(
        &self,
        title: &Title,
        content: &Descriptor,
        force: bool,
    ) -> Result<Option<Claim>> {
        let key = title.key();
        let mut state = self.lock();
        let name = state.names.entry(key.clone()).or_insert_with(|| Name {
            digest: content.digest.clone(),
            path: None,
            writers: 0,
        });
        if name.digest != content.digest {
            let file = format!("{} as the file {:?}", content.digest, title.text());
            return Err(Error::new(ErrorKind::DuplicateName, file)
                .with_source(format!("{} has that name already", name.digest)));
        }
        if name.path.is_some() && !force {
            return Ok(None);
        }
        name.writers += 1;
        drop(state);
        Ok(Some(Claim {
            shared: self.clone(),
            key,
            content: content.plain(),
        }))
    }
}

/// A name being written. Dropping it releases the name, unless the file is complete.
#[derive(Debug)]
pub(crate) struct Claim {
    shared: Shared,
    key: String,
    content: Descriptor,
}

impl Claim {
    /// Marks a folder as complete; `archive` holds its content.
    pub(crate) fn complete_folder(self, archive: Temp) {
        let path = archive.source();
        self.shared.lock().archives.push(archive);
        self.complete(path);
    }

    /// Marks the file as complete.
    pub(crate) fn complete(self, path: SourcePath) {
        let mut state = self.shared.lock();
        if let Some(name) = state.names.get_mut(&self.key) {
            name.path = Some(path.clone());
        }
        let content = self.content.clone();
        state
            .files
            .entry(content.digest.clone())
            .or_insert(File { content, path });
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        if let Some(name) = state.names.get_mut(&self.key) {
            name.writers -= 1;
            if name.writers == 0 && name.path.is_none() {
                state.names.remove(&self.key);
            }
        }
    }
}
