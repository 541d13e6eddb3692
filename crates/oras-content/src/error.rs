//! The error of every store: variants that callers act on.

use std::time::Duration;

use crate::{ErrorSubject, InvalidDigest, InvalidMediaType, InvalidReference, StoreName, VerifyError};

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
    /// The caller is known, and may not do this.
    #[error("access denied to {what}")]
    Denied {
        /// What was asked for.
        what: ErrorSubject,
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
        what: ErrorSubject,
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
        what: ErrorSubject,
        /// What the other side said.
        source: Option<BoxError>,
    },
    /// A tag or digest was needed and not given.
    #[error("no tag or digest is given for {what}")]
    MissingReference {
        /// The repository or store.
        what: ErrorSubject,
    },
    /// A manifest was pushed, but its subject's listing of referrers does not have it. Pushing it again repairs that.
    #[error("{what} was pushed, but is not listed among the referrers of its subject")]
    NotListed {
        /// The manifest.
        what: ErrorSubject,
        /// Why it could not be listed.
        source: Box<Self>,
    },
    /// There is nothing of this name.
    #[error("{what} not found")]
    NotFound {
        /// What was looked for.
        what: ErrorSubject,
        /// What the other side said.
        source: Option<BoxError>,
    },
    /// The content that was to be pushed could not be read. The store that it was pushed to did nothing wrong.
    #[error("cannot read the content to push")]
    Payload {
        /// What the reader of the content, such as the store it comes from, reported.
        source: Box<Self>,
    },
    /// The other side broke the protocol.
    #[error("unexpected answer for {what}")]
    Protocol {
        /// The request.
        what: ErrorSubject,
        /// What was wrong with the answer.
        source: BoxError,
    },
    /// The other side asks for fewer requests.
    #[error("too many requests for {what}")]
    RateLimited {
        /// What was asked for.
        what: ErrorSubject,
        /// How long the other side asks to wait.
        retry_after: Option<Duration>,
        /// What the other side said.
        source: Option<BoxError>,
    },
    /// Doing it would be unsafe, and was not done.
    #[error("refused {what}: {reason}")]
    Refused {
        /// What was asked for.
        what: ErrorSubject,
        /// Why it is unsafe, and what to do instead.
        reason: String,
    },
    /// The content is larger than the caller allows.
    #[error("{what} is larger than the limit of {limit} bytes")]
    SizeExceedsLimit {
        /// The content.
        what: ErrorSubject,
        /// The limit in bytes.
        limit: u64,
    },
    /// Reading or writing local storage failed.
    #[error("cannot store or read {what}")]
    Storage {
        /// The file or content.
        what: ErrorSubject,
        /// What the system reported.
        source: BoxError,
    },
    /// There is more of something than the caller allows, such as pages of a listing or manifests of a graph.
    #[error("there are more than {limit} {unit} of {what}")]
    TooMany {
        /// What there is too much of.
        what: ErrorSubject,
        /// What is counted, in the plural: pages, entries, bytes.
        unit: &'static str,
        /// The most that is allowed.
        limit: u64,
    },
    /// The other side wants to know who is asking.
    #[error("authentication required for {what}")]
    Unauthenticated {
        /// What was asked for.
        what: ErrorSubject,
        /// What the other side said.
        source: Option<BoxError>,
    },
    /// The other side could not be reached or could not answer.
    #[error("{what} is unavailable")]
    Unavailable {
        /// What was asked for.
        what: ErrorSubject,
        /// Whether the same request may succeed later.
        transient: bool,
        /// What went wrong.
        source: BoxError,
    },
    /// The store, or the other side, does not do this.
    #[error("{what} is not supported")]
    Unsupported {
        /// The operation.
        what: ErrorSubject,
        /// What the other side said.
        source: Option<BoxError>,
    },
    /// The content is not what its descriptor says.
    #[error("{what} failed verification")]
    Verify {
        /// The content.
        what: ErrorSubject,
        /// How it differs.
        source: VerifyError,
    },
}

impl Error {
    /// Something that is not there.
    pub fn not_found(what: impl Into<ErrorSubject>) -> Self {
        Self::NotFound {
            what: what.into(),
            source: None,
        }
    }

    /// An operation that this store does not do.
    pub fn unsupported(what: impl Into<ErrorSubject>) -> Self {
        Self::Unsupported {
            what: what.into(),
            source: None,
        }
    }

    /// A failure of local storage.
    pub fn storage(what: impl Into<ErrorSubject>, source: impl Into<BoxError>) -> Self {
        Self::Storage {
            what: what.into(),
            source: source.into(),
        }
    }

    /// A document that cannot be read as the manifest it should be.
    pub fn invalid_manifest(what: impl Into<ErrorSubject>, source: impl Into<BoxError>) -> Self {
        Self::InvalidManifest {
            what: what.into(),
            source: source.into(),
        }
    }

    /// Content that is not what its descriptor says.
    pub fn verify(what: impl Into<ErrorSubject>, source: VerifyError) -> Self {
        Self::Verify {
            what: what.into(),
            source,
        }
    }

    /// The error of reading the content of a push, as the store that it was pushed to reports it.
    #[must_use]
    pub fn of_payload(self) -> Self {
        match self {
            Self::Payload { .. } => self,
            source => Self::Payload {
                source: Box::new(source),
            },
        }
    }

    /// What the error is about, where it is about content, a name, a file or a repository.
    pub fn subject(&self) -> Option<&ErrorSubject> {
        match self {
            Self::Denied { what, .. }
            | Self::InvalidManifest { what, .. }
            | Self::MissingContent { what, .. }
            | Self::MissingReference { what }
            | Self::NotFound { what, .. }
            | Self::NotListed { what, .. }
            | Self::Protocol { what, .. }
            | Self::RateLimited { what, .. }
            | Self::Refused { what, .. }
            | Self::SizeExceedsLimit { what, .. }
            | Self::Storage { what, .. }
            | Self::TooMany { what, .. }
            | Self::Unauthenticated { what, .. }
            | Self::Unavailable { what, .. }
            | Self::Unsupported { what, .. }
            | Self::Verify { what, .. } => Some(what),
            Self::Payload { source } => source.subject(),
            Self::InvalidDigest(_) | Self::InvalidMediaType(_) | Self::InvalidReference(_) => None,
        }
    }

    /// The same error, about something in this store unless it says which.
    #[must_use]
    pub fn in_store(mut self, store: &StoreName) -> Self {
        if let Some(subject) = self.subject_mut() {
            subject.set_store(store);
        }
        self
    }

    fn subject_mut(&mut self) -> Option<&mut ErrorSubject> {
        match self {
            Self::Denied { what, .. }
            | Self::InvalidManifest { what, .. }
            | Self::MissingContent { what, .. }
            | Self::MissingReference { what }
            | Self::NotFound { what, .. }
            | Self::NotListed { what, .. }
            | Self::Protocol { what, .. }
            | Self::RateLimited { what, .. }
            | Self::Refused { what, .. }
            | Self::SizeExceedsLimit { what, .. }
            | Self::Storage { what, .. }
            | Self::TooMany { what, .. }
            | Self::Unauthenticated { what, .. }
            | Self::Unavailable { what, .. }
            | Self::Unsupported { what, .. }
            | Self::Verify { what, .. } => Some(what),
            // What is read for a push is in another store.
            Self::Payload { .. } => None,
            Self::InvalidDigest(_) | Self::InvalidMediaType(_) | Self::InvalidReference(_) => None,
        }
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
            Self::NotListed { source, .. } | Self::Payload { source } => source.is_transient(),
            _ => false,
        }
    }
}
