//! `Error`: why configuration was refused, with file and line.

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
        /// The error of the system.
        source: io::Error,
    },
    /// A file is not valid TOML, JSON or YAML.
    #[error("{at}: {reason}")]
    Syntax {
        /// The position at which the parser stopped.
        at: Origin,
        /// The message of the parser.
        reason: String,
    },
    /// A member has a value that its manual page does not allow.
    #[error("{at}: {member}: {reason}")]
    Value {
        /// The position of the member.
        at: Origin,
        /// The name of the member.
        member: String,
        /// What is wrong with its value.
        reason: String,
    },
    /// The file has the format before `[[registry]]` tables.
    #[error(
        "{at}: version 1 of registries.conf is not supported: replace [registries.search] by \
         unqualified-search-registries = [...], and each host of [registries.insecure] or [registries.block] \
         by a [[registry]] table with location and insecure = true or blocked = true"
    )]
    Version1 {
        /// The position of the old table.
        at: Origin,
    },
    /// The configuration forbids pulls from this location.
    #[error("{reference} is blocked by the registry {prefix:?} of {at}")]
    Blocked {
        /// The reference to pull.
        reference: Box<Reference>,
        /// The prefix of the table that blocks it.
        prefix: String,
        /// The position of that table.
        at: Origin,
    },
    /// Replacing a prefix by its location does not result in a valid reference.
    #[error("{at}: the location turns {reference} into an invalid reference")]
    Rewrite {
        /// The reference to pull.
        reference: Box<Reference>,
        /// The position of the location.
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
    /// A client certificate in `certs.d` has no key.
    #[error("{} has no key: expected {}", certificate.display(), key.display())]
    MissingKey {
        /// The existing certificate.
        certificate: PathBuf,
        /// The missing key.
        key: PathBuf,
    },
    /// A key in `certs.d` has no client certificate.
    #[error("{} has no certificate: expected {}", key.display(), certificate.display())]
    MissingCertificate {
        /// The existing key.
        key: PathBuf,
        /// The missing certificate.
        certificate: PathBuf,
    },
}

impl Error {
    /// Returns the file that caused the error, and the line if there is one.
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
