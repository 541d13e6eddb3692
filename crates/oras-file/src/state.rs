//! What the store knows: names, files and tags.

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
    /// The manifests that were pushed, with all files that they name.
    pub(crate) manifests: HashSet<Digest>,
    /// The folders that were swept.
    pub(crate) swept: HashSet<PathBuf>,
    /// What of the folders that were packed is not unpacked by default.
    pub(crate) refusals: Vec<Error>,
    /// The archives of folders, which are gone with the store.
    archives: Vec<Temp>,
}

/// A name that is taken.
#[derive(Debug)]
struct Name {
    digest: Digest,
    /// The file once it is complete, or the archive of a folder.
    path: Option<SourcePath>,
    /// How many are writing it.
    writers: usize,
}

/// Content in a file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) content: Descriptor,
    pub(crate) path: SourcePath,
}

impl State {
    /// The file of `target`: the one of its own title where there is one.
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

    /// What the content of a file is.
    pub(crate) fn content(&self, digest: &Digest) -> Option<Descriptor> {
        self.files.get(digest).map(|file| file.content.clone())
    }

    /// What is in files.
    pub(crate) fn contents(&self) -> Vec<Descriptor> {
        self.files.values().map(|file| file.content.clone()).collect()
    }

    /// Whether something has the name `title`.
    pub(crate) fn has(&self, title: &Title) -> bool {
        self.names.contains_key(&title.key())
    }

    /// Whether `title` is a complete file with this content.
    pub(crate) fn is_written(&self, title: &Title, digest: &Digest) -> bool {
        let name = self.names.get(&title.key());
        name.is_some_and(|name| name.digest == *digest && name.path.is_some())
    }
}

/// The state, shared by all who use the store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Mutex<State>>);

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is complete before anything in it can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the name `title` for `content`; none where the file is there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DuplicateName`]: other content has the name.
    pub(crate) fn claim(&self, title: &Title, content: &Descriptor) -> Result<Option<Claim>> {
        self.claim_again(title, content, false)
    }

    /// As [`claim`](Self::claim), and where `force` says so also of a file that is there.
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

/// A name that somebody is writing. Dropping it gives the name back, unless the file is complete.
#[derive(Debug)]
pub(crate) struct Claim {
    shared: Shared,
    key: String,
    content: Descriptor,
}

impl Claim {
    /// Says that the folder is complete whose archive this is.
    pub(crate) fn complete_folder(self, archive: Temp) {
        let path = archive.source();
        self.shared.lock().archives.push(archive);
        self.complete(path);
    }

    /// Says that the file is complete.
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
