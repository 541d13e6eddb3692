//! `Error`: why configuration was refused, and by which file and line.

use std::io;
use std::path::PathBuf;

use oras_content::{InvalidReference, Reference};

use crate::Origin;

/// Why a configuration cannot be read, or what it forbids.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder exists but cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system reported.
        source: io::Error,
    },
    /// A file is not TOML or JSON.
    #[error("{at}: {reason}")]
    Syntax {
        /// Where the parser stopped.
        at: Origin,
        /// What the parser reported.
        reason: String,
    },
    /// A member has a value that its manual page does not allow.
    #[error("{at}: {member}: {reason}")]
    Value {
        /// Where the member is.
        at: Origin,
        /// The name of the member.
        member: String,
        /// What is wrong with its value.
        reason: String,
    },
    /// The file has the format that preceded `[[registry]]` tables.
    #[error(
        "{at}: version 1 of registries.conf is not supported: replace [registries.search] by \
         unqualified-search-registries = [...], and each host of [registries.insecure] or [registries.block] \
         by a [[registry]] table with location and insecure = true or blocked = true"
    )]
    Version1 {
        /// Where the old table is.
        at: Origin,
    },
    /// The configuration forbids pulls from this place.
    #[error("{reference} is blocked by the registry {prefix:?} of {at}")]
    Blocked {
        /// What was asked for.
        reference: Box<Reference>,
        /// The prefix of the table that blocks it.
        prefix: String,
        /// Where that table is.
        at: Origin,
    },
    /// A location, put in place of its prefix, does not make a reference.
    #[error("{at}: the location and {reference} make no valid reference")]
    Rewrite {
        /// What was asked for.
        reference: Box<Reference>,
        /// Where the location is.
        at: Origin,
        /// What is wrong with the result.
        source: InvalidReference,
    },
    /// A name without a registry has no alias.
    #[error("{name:?} names no registry, and no alias is configured{}", suggestion(.candidates))]
    ShortName {
        /// The name as given.
        name: String,
        /// The name in each registry of `unqualified-search-registries`, in order.
        candidates: Vec<String>,
    },
    /// A text is neither a reference nor a short name.
    #[error(transparent)]
    Reference(#[from] InvalidReference),
    /// A client certificate lies in `certs.d` without its key.
    #[error("{} has no key: expected {}", certificate.display(), key.display())]
    MissingKey {
        /// The certificate that is there.
        certificate: PathBuf,
        /// The key that is not.
        key: PathBuf,
    },
    /// A key lies in `certs.d` without its client certificate.
    #[error("{} has no certificate: expected {}", key.display(), certificate.display())]
    MissingCertificate {
        /// The key that is there.
        key: PathBuf,
        /// The certificate that is not.
        certificate: PathBuf,
    },
}

impl Error {
    /// The file that is to blame, and the line where there is one.
    pub fn origin(&self) -> Option<Origin> {
        match self {
            Self::Syntax { at, .. }
            | Self::Value { at, .. }
            | Self::Version1 { at }
            | Self::Blocked { at, .. }
            | Self::Rewrite { at, .. } => Some(at.clone()),
            Self::Read { path, .. }
            | Self::MissingKey {
                certificate: path, ..
            }
            | Self::MissingCertificate { key: path, .. } => Some(Origin::file(path)),
            Self::ShortName { .. } | Self::Reference(_) => None,
        }
    }
}

fn suggestion(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!("; write one of {}", names.join(", ")),
    }
}
