//! `ErrorKind`: what callers decide by.

use std::fmt;
use std::time::Duration;

use crate::ErrorSubject;

/// The kind of an error: what the caller can do about it, such as log in, wait, retry, fix the input or stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller is known but lacks permission.
    Denied,
    /// Two different contents claim the same name, and only one can be kept.
    DuplicateName,
    /// Text is not a digest. The message is that of [`InvalidDigest`](crate::InvalidDigest).
    InvalidDigest,
    /// A document is not the expected manifest.
    InvalidManifest,
    /// Text is not a media type. The message is that of [`InvalidMediaType`](crate::InvalidMediaType).
    InvalidMediaType,
    /// Text is not a reference or tag. The message is that of [`InvalidReference`](crate::InvalidReference).
    InvalidReference,
    /// A manifest was rejected because the destination lacks content that it refers to.
    MissingContent,
    /// A tag or digest is required but was not given.
    MissingName,
    /// The name or content does not exist.
    NotFound,
    /// A manifest was pushed but is missing from its subject's list of referrers. Pushing it again repairs that. The
    /// source is the [`Error`](crate::Error) of updating the list.
    NotListed,
    /// A path leads out of the folder it must stay in.
    PathTraversal,
    /// The content to push could not be read; the store pushed to is not at fault. The source is the
    /// [`Error`](crate::Error) of reading it.
    Payload,
    /// The peer broke its protocol.
    Protocol,
    /// The peer limits the request rate.
    RateLimited {
        /// The delay the peer asks for.
        retry_after: Option<Duration>,
    },
    /// The action would be unsafe and was not carried out. The source says why, and what to do instead.
    Refused,
    /// The peer examined the content and rejected it: it is invalid, too large or over quota.
    Rejected,
    /// The content is larger than the caller allows.
    SizeExceedsLimit {
        /// The limit in bytes.
        limit: u64,
    },
    /// Reading or writing local storage failed.
    Storage,
    /// There is more of something than the caller allows, such as pages of a listing or manifests of a graph.
    TooMany {
        /// What is counted, in the plural: pages, entries, bytes.
        unit: &'static str,
        /// The limit.
        limit: u64,
    },
    /// The peer requires authentication.
    Unauthenticated,
    /// The peer could not be reached or could not answer.
    Unavailable {
        /// Whether the same request may succeed later.
        transient: bool,
    },
    /// The store or the peer does not support the operation.
    Unsupported,
    /// The content does not match its descriptor. The source is a [`VerifyError`](crate::VerifyError).
    Verify,
    /// Something else already exists there, and was kept.
    WouldOverwrite,
}

impl ErrorKind {
    pub(crate) fn describe(self, subject: &ErrorSubject, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied => write!(f, "access denied to {subject}"),
            Self::InvalidDigest => write!(f, "{subject} is not a digest"),
            Self::InvalidMediaType => write!(f, "{subject} is not a media type"),
            Self::InvalidReference => write!(f, "{subject} is not a reference"),
            Self::InvalidManifest => write!(f, "{subject} is not a valid manifest"),
            Self::MissingContent => write!(f, "{subject} refers to missing content"),
            Self::MissingName => write!(f, "no tag or digest is given for {subject}"),
            Self::NotFound => write!(f, "{subject} not found"),
            Self::NotListed => write!(
                f,
                "{subject} was pushed, but is not listed among the referrers of its subject"
            ),
            Self::Payload => f.write_str("cannot read the content to push"),
            Self::Protocol => write!(f, "unexpected answer for {subject}"),
            Self::RateLimited { .. } => write!(f, "too many requests for {subject}"),
            Self::DuplicateName | Self::PathTraversal | Self::Refused | Self::WouldOverwrite => {
                write!(f, "refused {subject}")
            }
            Self::Rejected => write!(f, "{subject} was rejected"),
            Self::SizeExceedsLimit { limit } => {
                write!(f, "{subject} is larger than the limit of {limit} bytes")
            }
            Self::Storage => write!(f, "cannot store or read {subject}"),
            Self::TooMany { unit, limit } => write!(f, "there are more than {limit} {unit} of {subject}"),
            Self::Unauthenticated => write!(f, "authentication required for {subject}"),
            Self::Unavailable { .. } => write!(f, "{subject} is unavailable"),
            Self::Unsupported => write!(f, "{subject} is not supported"),
            Self::Verify => write!(f, "{subject} failed verification"),
        }
    }
}
