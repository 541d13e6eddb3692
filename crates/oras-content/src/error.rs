//! The error of every store: variants that callers act on.

use std::time::Duration;

use crate::{InvalidDigest, InvalidMediaType, InvalidReference, VerifyError};

/// Any error, as the cause of another.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of a storage operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a store could not do what it was asked.
///
/// `what` names the content, reference, file or repository concerned. The text of an error is its own part only; the
/// cause is in [`source`](std::error::Error::source).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The content is there already; nothing was read or written.
    #[error("{what} already exists")]
    AlreadyExists {
        /// The content.
        what: String,
    },
    /// The caller is known, and may not do this.
    #[error("access to {what} is denied")]
    Denied {
        /// What was asked for.
        what: String,
        /// What the other side said.
        source: Option<BoxError>,
    },
    /// A text that is not a digest.
    #[error(transparent)]
    InvalidDigest(#[from] InvalidDigest),
    /// A document that is not the manifest it should be.
    #[error("{what} is not a valid manifest")]
    InvalidManifest {
        /// The digest, file or reference of the document.
        what: String,
        /// What is wrong with it.
        source: BoxError,
    },
    /// A text that is not a media type.
    #[error(transparent)]
    InvalidMediaType(#[from] InvalidMediaType),
    /// A text that is not a reference.
    #[error(transparent)]
    InvalidReference(#[from] InvalidReference),
    /// A manifest was refused because the destination lacks content that it refers to.
    #[error("{what} refers to content that is not there")]
    MissingContent {
        /// The manifest.
        what: String,
        /// What the other side said.
        source: Option<BoxError>,
    },
    /// A tag or digest was needed and not given.
    #[error("no tag or digest is given for {what}")]
    MissingReference {
        /// The repository or store.
        what: String,
    },
    /// There is nothing of this name.
    #[error("{what} is not found")]
    NotFound {
        /// What was looked for.
        what: String,
        /// What the other side said.
        source: Option<BoxError>,
    },
    /// The other side broke the protocol.
    #[error("unexpected answer for {what}")]
    Protocol {
        /// The request.
        what: String,
        /// What was wrong with the answer.
        source: BoxError,
    },
    /// The other side asks for fewer requests.
    #[error("too many requests for {what}")]
    RateLimited {
        /// What was asked for.
        what: String,
        /// How long the other side asks to wait.
        retry_after: Option<Duration>,
        /// What the other side said.
        source: Option<BoxError>,
    },
    /// Doing it would be unsafe, and was not done.
    #[error("refused {what}: {reason}")]
    Refused {
        /// What was asked for.
        what: String,
        /// Why it is unsafe, and what to do instead.
        reason: String,
    },
    /// The content is larger than the caller allows.
    #[error("{what} is larger than the limit of {limit} bytes")]
    SizeExceedsLimit {
        /// The content.
        what: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// Reading or writing local storage failed.
    #[error("cannot store or read {what}")]
    Storage {
        /// The file or content.
        what: String,
        /// What the system reported.
        source: BoxError,
    },
    /// A listing did not end within the allowed number of pages.
    #[error("the listing of {what} has more than {limit} pages")]
    TooManyPages {
        /// What was listed.
        what: String,
        /// The most pages allowed.
        limit: usize,
    },
    /// The other side wants to know who is asking.
    #[error("{what} needs a login")]
    Unauthenticated {
        /// What was asked for.
        what: String,
        /// What the other side said.
        source: Option<BoxError>,
    },
    /// The other side could not be reached or could not answer.
    #[error("{what} is unavailable")]
    Unavailable {
        /// What was asked for.
        what: String,
        /// Whether the same request may succeed later.
        transient: bool,
        /// What went wrong.
        source: BoxError,
    },
    /// The store, or the other side, does not do this.
    #[error("{what} is not supported")]
    Unsupported {
        /// The operation.
        what: String,
        /// What the other side said.
        source: Option<BoxError>,
    },
    /// The content is not what its descriptor says.
    #[error("{what} failed verification")]
    Verify {
        /// The content.
        what: String,
        /// How it differs.
        source: VerifyError,
    },
}

impl Error {
    /// Content that is there already.
    pub fn already_exists(what: impl ToString) -> Self {
        Self::AlreadyExists {
            what: what.to_string(),
        }
    }

    /// Something that is not there.
    pub fn not_found(what: impl ToString) -> Self {
        Self::NotFound {
            what: what.to_string(),
            source: None,
        }
    }

    /// An operation that this store does not do.
    pub fn unsupported(what: impl ToString) -> Self {
        Self::Unsupported {
            what: what.to_string(),
            source: None,
        }
    }

    /// A failure of local storage.
    pub fn storage(what: impl ToString, source: impl Into<BoxError>) -> Self {
        Self::Storage {
            what: what.to_string(),
            source: source.into(),
        }
    }

    /// A document that cannot be read as the manifest it should be.
    pub fn invalid_manifest(what: impl ToString, source: impl Into<BoxError>) -> Self {
        Self::InvalidManifest {
            what: what.to_string(),
            source: source.into(),
        }
    }

    /// Content that is not what its descriptor says.
    pub fn verify(what: impl ToString, source: VerifyError) -> Self {
        Self::Verify {
            what: what.to_string(),
            source,
        }
    }

    /// Whether the content is there already.
    pub fn is_already_exists(&self) -> bool {
        matches!(self, Self::AlreadyExists { .. })
    }

    /// Whether there is nothing of that name.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Whether the same call may succeed when it is made again later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited { .. } => true,
            Self::Unavailable { transient, .. } => *transient,
            _ => false,
        }
    }
}
