//! State: what was seen the last time, in a small file.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use oras_content::{Digest, Tag};
use oras_fs::{Durability, write_atomic};
use serde::{Deserialize, Serialize};

use crate::Job;

/// What each tag stood for at both places when they were last compared.
///
/// It saves the question at the destination where the caller trusts it
/// ([`SyncOptions::trust_state`](crate::SyncOptions::trust_state)), and changes nothing otherwise.
#[derive(Debug, Default)]
pub struct State {
    sources: Mutex<Sources>,
}

type Sources = BTreeMap<String, BTreeMap<String, Tags>>;
type Tags = BTreeMap<String, Seen>;

/// What a tag stood for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    source: Digest,
    destination: Digest,
}

#[derive(Serialize, Deserialize)]
struct Document<S> {
    version: u32,
    sources: S,
}

/// The version of the file's form.
const VERSION: u32 = 1;

/// Why a state file was not read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// It could not be read.
    #[error("cannot read the state in {path}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It is not a state file.
    #[error("{path} is not the state of a sync")]
    Invalid {
        /// The file.
        path: String,
        /// Why.
        source: serde_json::Error,
    },
    /// It is the state of a later version of this library.
    #[error("{path} is a state of version {version}; only version 1 is known")]
    Version {
        /// The file.
        path: String,
        /// What form it has.
        version: u32,
    },
    /// It could not be written.
    #[error("cannot write the state to {path}")]
    Write {
        /// The file.
        path: String,
        /// Why.
        source: oras_fs::Error,
    },
}

impl State {
    /// Reads a state; a file that is not there is an empty one. Blocks.
    ///
    /// # Errors
    ///
    /// [`StateError::Read`], [`StateError::Invalid`], [`StateError::Version`].
    pub fn load(path: &Path) -> Result<Self, StateError> {
        let shown = || path.display().to_string();
        let bytes = match std::fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            read => read.map_err(|source| StateError::Read {
                path: shown(),
                source,
            })?,
        };
        let document: Document<Sources> =
            serde_json::from_slice(&bytes).map_err(|source| StateError::Invalid {
                path: shown(),
                source,
            })?;
        match document.version {
            VERSION => Ok(Self {
                sources: Mutex::new(document.sources),
            }),
            version => Err(StateError::Version {
                path: shown(),
                version,
            }),
        }
    }

    /// Writes the state, whole or not at all. Blocks.
    ///
    /// # Errors
    ///
    /// [`StateError::Write`].
    pub fn save(&self, path: &Path) -> Result<(), StateError> {
        let document = Document {
            version: VERSION,
            sources: &*self.lock(),
        };
        let bytes = serde_json::to_vec(&document).expect("texts in maps are always written");
        write_atomic(path, &bytes, 0o644, Durability::Full).map_err(|source| StateError::Write {
            path: path.display().to_string(),
            source,
        })
    }

    /// Whether both places had the tag when it stood for `found` at the source.
    pub(crate) fn knows(&self, pair: &Key, tag: &Tag, found: &Digest) -> bool {
        let sources = self.lock();
        let tags = sources.get(&pair.source).and_then(|of| of.get(&pair.destination));
        let seen = tags.and_then(|tags| tags.get(tag.as_str()));
        seen.is_some_and(|seen| seen.source == *found)
    }

    pub(crate) fn learn(&self, pair: &Key, tag: &Tag, source: Digest, destination: Digest) {
        let seen = Seen { source, destination };
        self.with_tags(pair, |tags| drop(tags.insert(tag.as_str().to_owned(), seen)));
    }

    pub(crate) fn forget(&self, pair: &Key, tag: &str) {
        self.with_tags(pair, |tags| drop(tags.remove(tag)));
    }

    fn with_tags(&self, pair: &Key, change: impl FnOnce(&mut Tags)) {
        let mut sources = self.lock();
        let of_source = sources.entry(pair.source.clone()).or_default();
        change(of_source.entry(pair.destination.clone()).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, Sources> {
        // Every change is a single one.
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the tags of two places are kept under.
pub(crate) struct Key {
    source: String,
    /// With the platforms and other names, as what is copied depends on them.
    destination: String,
}

impl Key {
    pub(crate) fn of(job: &Job, from: &impl ToString, to: &impl ToString) -> Self {
        let platforms = job.platforms.iter().map(ToString::to_string);
        let rename = (!job.rename.is_empty()).then(|| job.rename.to_string());
        let words: Vec<String> = [to.to_string()]
            .into_iter()
            .chain(platforms)
            .chain(rename)
            .collect();
        Self {
            source: from.to_string(),
            destination: words.join(" "),
        }
    }
}
