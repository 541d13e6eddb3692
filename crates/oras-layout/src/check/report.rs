//! The result of a check.

use std::fmt;
use std::path::PathBuf;

use oras_content::{Descriptor, Digest, Error, ErrorChain};

use crate::Tally;

/// The result of [`LayoutStore::check`](crate::LayoutStore::check).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CheckReport {
    /// The blobs that were checked.
    pub checked: Tally,
    /// The problems found, in a stable order.
    pub problems: Vec<Problem>,
}

impl CheckReport {
    /// Returns `true` if nothing is damaged or missing, and the marker of the layout is valid. Other problems are
    /// harmless.
    pub fn is_sound(&self) -> bool {
        !self.problems.iter().any(Problem::is_fault)
    }
}

/// A problem found in a layout.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Problem {
    /// The file `oci-layout` is missing or invalid.
    Marker {
        /// What is wrong with it.
        error: Error,
    },
    /// A blob does not match its digest or a descriptor, or cannot be read.
    Damaged {
        /// The expected content. If nothing refers to it, the media type is `application/octet-stream`, and the size is
        /// that of the file.
        content: Descriptor,
        /// Whether a manifest or `index.json` refers to it.
        is_named: bool,
        /// What is wrong with it.
        error: Error,
    },
    /// A blob is missing.
    Missing {
        /// The missing content.
        content: Descriptor,
        /// What refers to it.
        named_by: Vec<NamedBy>,
    },
    /// The subject of a referrer is missing, for example because only referrers were copied.
    DanglingReferrer {
        /// The referrer.
        referrer: Descriptor,
        /// Its subject.
        subject: Descriptor,
    },
    /// Nothing in `index.json` leads to a blob, so that [`gc`](crate::LayoutStore::gc) removes it once it is old
    /// enough.
    Unreferenced {
        /// The blob, as `application/octet-stream`.
        content: Descriptor,
    },
    /// The digest of a blob has an algorithm that is not supported.
    Unverifiable {
        /// The digest.
        digest: Digest,
    },
    /// A file or folder is not part of an image layout.
    Foreign {
        /// The path, relative to the layout.
        path: PathBuf,
    },
}

impl Problem {
    /// Returns `true` if content is damaged or missing, or the marker of the layout is invalid. All other problems are
    /// harmless.
    pub fn is_fault(&self) -> bool {
        matches!(
            self,
            Self::Marker { .. } | Self::Damaged { .. } | Self::Missing { .. }
        )
    }

    /// Returns the content that is damaged or missing.
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

/// What refers to content.
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
