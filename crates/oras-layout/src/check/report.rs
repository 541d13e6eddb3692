//! What a check found.

use std::fmt;
use std::path::PathBuf;

use oras_content::{Descriptor, Digest, Error, ErrorChain};

use crate::Tally;

/// What [`LayoutStore::check`](crate::LayoutStore::check) found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CheckReport {
    /// The blobs that were looked at.
    pub checked: Tally,
    /// What is wrong or strange, in a stable order.
    pub problems: Vec<Problem>,
}

impl CheckReport {
    /// Whether nothing is damaged or missing, and the layout says that it is one. What else is strange does no harm.
    pub fn is_sound(&self) -> bool {
        !self.problems.iter().any(Problem::is_fault)
    }
}

/// Something about a layout that is wrong or strange.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Problem {
    /// The file `oci-layout` is missing, or says something else.
    Marker {
        /// What is wrong with it.
        error: Error,
    },
    /// A blob is not what its digest or a descriptor says, or cannot be read.
    Damaged {
        /// What it should be. Where nothing names it, its media type is `application/octet-stream` and its size that of
        /// the file.
        content: Descriptor,
        /// Whether a manifest or `index.json` names it.
        is_named: bool,
        /// What is wrong with it.
        error: Error,
    },
    /// A blob is not there.
    Missing {
        /// What should be there.
        content: Descriptor,
        /// Who says so.
        named_by: Vec<NamedBy>,
    },
    /// The subject of a referrer is not there, as where only referrers were copied.
    DanglingReferrer {
        /// The referrer.
        referrer: Descriptor,
        /// Its subject.
        subject: Descriptor,
    },
    /// Nothing in `index.json` leads to a blob, so that [`gc`](crate::LayoutStore::gc) removes it once it is old.
    Unreferenced {
        /// The blob, as `application/octet-stream`.
        content: Descriptor,
    },
    /// The digest of a blob is of an algorithm that cannot be verified.
    Unverifiable {
        /// The digest.
        digest: Digest,
    },
    /// A file or folder that does not belong into a layout.
    Foreign {
        /// Its path within the layout.
        path: PathBuf,
    },
}

impl Problem {
    /// Whether content is damaged or missing, or the layout is none. Everything else is only strange.
    pub fn is_fault(&self) -> bool {
        matches!(
            self,
            Self::Marker { .. } | Self::Damaged { .. } | Self::Missing { .. }
        )
    }

    /// The content that is damaged or missing.
    pub fn faulty_content(&self) -> Option<&Descriptor> {
        match self {
            Self::Damaged { content, .. } | Self::Missing { content, .. } => Some(content),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Marker { error } => write!(f, "wrong marker: {}", ErrorChain(error)),
            Self::Damaged { error, .. } => write!(f, "damaged: {}", ErrorChain(error)),
            Self::Missing { content, named_by } => {
                write!(f, "missing: {}", content.digest)?;
                for (position, by) in named_by.iter().enumerate() {
                    f.write_str(if position == 0 { ", named by " } else { " and by " })?;
                    by.fmt(f)?;
                }
                Ok(())
            }
            Self::DanglingReferrer { referrer, subject } => {
                write!(
                    f,
                    "referrer without its subject: {} of {}",
                    referrer.digest, subject.digest
                )
            }
            Self::Unreferenced { content } => write!(f, "unreferenced: {}", content.digest),
            Self::Unverifiable { digest } => write!(f, "cannot be verified: {digest}"),
            Self::Foreign { path } => write!(f, "does not belong there: {}", path.display()),
        }
    }
}

/// Who says that content is there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NamedBy {
    /// An entry of `index.json`.
    Index,
    /// The manifest with this digest.
    Manifest(Digest),
}

impl fmt::Display for NamedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index => f.write_str("index.json"),
            Self::Manifest(digest) => digest.fmt(f),
        }
    }
}
