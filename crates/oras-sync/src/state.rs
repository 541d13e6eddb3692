//! State: the result of the last run, in a small file.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use oras_content::{Digest, Tag};
use oras_fs::{Durability, write_atomic};
use serde::{Deserialize, Serialize};

use crate::Job;

/// The digests that each tag had at both sides when they were last compared.
///
/// If the caller trusts it ([`SyncOptions::trust_state`](crate::SyncOptions::trust_state)), it saves the request to the
/// destination. Otherwise it changes nothing.
#[derive(Debug, Default)]
pub struct State {
    sources: Mutex<Sources>,
}

type Sources = BTreeMap<String, BTreeMap<String, Tags>>;
type Tags = BTreeMap<String, Seen>;

/// The digests of a tag.
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

/// The version of the file format.
const VERSION: u32 = 1;

/// The error of reading or writing a state file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The file could not be read.
    #[error("cannot read the state in {path}")]
    Read {
        /// The file.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// The file is not a state file.
    #[error("{path} is not the state of a sync")]
    Invalid {
        /// The file.
        path: String,
        /// The cause.
        source: serde_json::Error,
    },
    /// The file was written by a later version of this library.
    #[error("{path} is a state of version {version}; only version 1 is known")]
    Version {
        /// The file.
        path: String,
        /// The version of its format.
        version: u32,
    },
    /// The file could not be written.
    #[error("cannot write the state to {path}")]
    Write {
        /// The file.
        path: String,
        /// The cause.
        source: oras_fs::Error,
    },
}

impl State {
    /// Reads a state file; a missing file is an empty state. Blocks.
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

    /// Writes the state atomically. Blocks.
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

    /// Whether the destination had the tag when it had the digest `found` at the source.
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
        // Each change is atomic, so a poisoned lock is safe to use.
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of a pair of places in the state.
pub(crate) struct Key {
    source: String,
    /// Includes the platforms and renames, because the copied content depends on them.
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
