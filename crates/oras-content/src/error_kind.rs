//! `ErrorKind`: what a caller can do about an error.

use std::fmt;
use std::time::Duration;

use crate::ErrorSubject;

/// What a caller can do about an error: look elsewhere, log in, wait, try again, mend the input, or give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller is known, and may not do this.
    Denied,
    /// Two different contents claim the same name, and only one can be kept.
    DuplicateName,
    /// A text is not a digest. The error has the words of [`InvalidDigest`](crate::InvalidDigest).
    InvalidDigest,
    /// A document is not the manifest it should be.
    InvalidManifest,
    /// A text is not a media type. The error has the words of [`InvalidMediaType`](crate::InvalidMediaType).
    InvalidMediaType,
    /// A text is not a reference, or not a tag. The error has the words of
    /// [`InvalidReference`](crate::InvalidReference).
    InvalidReference,
    /// A manifest was refused because the destination lacks content that it refers to.
    MissingContent,
    /// A tag or digest was needed and not given.
    MissingName,
    /// There is nothing of this name.
    NotFound,
    /// A manifest was pushed, but its subject's listing of referrers does not have it. Pushing it again repairs that.
    /// The source is the [`Error`](crate::Error) of the listing.
    NotListed,
    /// A name leads out of the folder that it must stay in.
    PathTraversal,
    /// The content that was to be pushed could not be read; the store that it was pushed to did nothing wrong. The
    /// source is the [`Error`](crate::Error) of whatever was read.
    Payload,
    /// The other side broke the protocol.
    Protocol,
    /// The other side asks for fewer requests.
    RateLimited {
        /// How long the other side asks to wait.
        retry_after: Option<Duration>,
    },
    /// Doing it would be unsafe, and was not done. The source says why, and what to do instead.
    Refused,
    /// The other side looked at the content and does not take it: it is invalid, too large, or over a quota.
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
        /// The most that is allowed.
        limit: u64,
    },
    /// The other side wants to know who is asking.
    Unauthenticated,
    /// The other side could not be reached or could not answer.
    Unavailable {
        /// Whether the same request may succeed later.
        transient: bool,
    },
    /// The store, or the other side, does not do this.
    Unsupported,
    /// The content is not what its descriptor says. The source is a [`VerifyError`](crate::VerifyError).
    Verify,
    /// Something else is there already, and was kept.
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
