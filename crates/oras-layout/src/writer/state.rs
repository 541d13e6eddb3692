//! The state of the file of a writer.

use oras_content::{Algorithm, Error, Hasher, Result};
use oras_fs::AtomicFile;

use super::Job;
use crate::destination::Destination;
use crate::part::{Part, Saved, hash_found};

pub(super) enum State {
    New,
    /// A part of an earlier run. It is hashed when needed, from its last saved state.
    Found(Box<AtomicFile>),
    Idle(Box<Part>),
    Writing(Box<Job>),
    /// A write failed. A partial file is kept, unless the content is discarded.
    Failed(Option<Box<Part>>),
}

impl State {
    /// Lends the hasher of a part that was written to.
    pub(super) fn lend_hasher(&mut self) -> Option<Hasher> {
        match self {
            Self::Idle(part) => part.lend_hasher(),
            _ => None,
        }
    }

    /// The hash state to save before more is written.
    pub(super) fn to_save(&self) -> Option<Saved> {
        match self {
            Self::Idle(part) => part.to_save(),
            _ => None,
        }
    }

    pub(super) fn part(self, to: &dyn Destination, algorithm: Algorithm) -> Result<Box<Part>> {
        match self {
            Self::New => {
                let file = to.blobs().temp()?;
                Ok(Box::new(Part::new(file, Hasher::new(algorithm), 0)))
            }
            Self::Found(mut file) => {
                let hasher = hash_found(&mut file, algorithm)?;
                let len = hasher.seen();
                Ok(Box::new(Part::new(*file, hasher, len)))
            }
            Self::Idle(part) => Ok(part),
            Self::Writing(_) | Self::Failed(_) => {
                Err(Error::storage(to.root().display(), "an earlier write failed"))
            }
        }
    }

    pub(super) fn remove(self) {
        match self {
            Self::Idle(mut part) | Self::Failed(Some(mut part)) => part.file.remove_on_drop(),
            Self::Found(mut file) => file.remove_on_drop(),
            Self::New | Self::Writing(_) | Self::Failed(None) => {}
        }
    }
}
