//! Why a copy failed: what was being done, and on which side.

use std::fmt;

use oras_content::{Descriptor, Error, ErrorKind};

/// One of the two stores of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The store that is read.
    Source,
    /// The store that is written.
    Destination,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Destination => "destination",
        })
    }
}

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Resolving a reference.
    Resolve,
    /// Choosing a manifest by platform.
    SelectPlatform,
    /// Asking whether content is there.
    Exists,
    /// Reading content.
    Fetch,
    /// Finding what refers to a manifest.
    FindPredecessors,
    /// Writing content.
    Push,
    /// Mounting a blob from another repository.
    Mount,
    /// Giving a name.
    Tag,
    /// Listing a manifest among the referrers of its subject.
    List,
    /// Reading content that is there, to compare it with its digest.
    Verify,
    /// Asking the caller's own selection.
    Select,
    /// Asking the caller's own verifier whether the root may be copied.
    Approve,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolve",
            Self::SelectPlatform => "select a platform",
            Self::Exists => "look for content",
            Self::Fetch => "fetch",
            Self::FindPredecessors => "find referrers",
            Self::Push => "push",
            Self::Mount => "mount",
            Self::Tag => "tag",
            Self::List => "list a referrer",
            Self::Verify => "verify",
            Self::Select => "select what to copy",
            Self::Approve => "approve what is",
        })
    }
}

/// Why a copy failed. What was copied before stays, and the copy can be run again.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation}{} {}", Quoted(title), At { side: *side, place })]
#[non_exhaustive]
pub struct CopyError {
    /// What was being done.
    pub operation: Operation,
    /// Where it was being done.
    pub side: Side,
    /// The store of that side, with the name that the copy has there.
    pub place: String,
    /// The title of the content concerned, where it has one.
    pub title: Option<String>,
    /// Why it failed.
    pub source: Error,
}

struct Quoted<'a>(&'a Option<String>);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(title) => write!(f, " {title:?}"),
            None => Ok(()),
        }
    }
}

struct At<'a> {
    side: Side,
    place: &'a str,
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at the {}", self.side)?;
        match self.place {
            "" => Ok(()),
            place => write!(f, " {place}"),
        }
    }
}

impl CopyError {
    /// Whether it is a matter of the node alone, so that others may go better.
    pub(crate) fn is_of_one_node(&self) -> bool {
        let source = self.source.inner().unwrap_or(&self.source);
        matches!(
            source.kind(),
            ErrorKind::DuplicateName
                | ErrorKind::InvalidDigest
                | ErrorKind::InvalidManifest
                | ErrorKind::NotFound
                | ErrorKind::PathTraversal
                | ErrorKind::Refused
                | ErrorKind::SizeExceedsLimit { .. }
                | ErrorKind::TooMany { .. }
                | ErrorKind::Unsupported
                | ErrorKind::Verify
                | ErrorKind::WouldOverwrite
        )
    }

    /// Whether the same copy may succeed when it is run again later.
    pub fn is_transient(&self) -> bool {
        self.source.is_transient()
    }

    pub(crate) fn about(mut self, content: &Descriptor) -> Self {
        self.title = content.title().map(str::to_owned);
        self
    }

    /// The same error, of a copy between these places.
    pub(crate) fn between(mut self, source: &dyn fmt::Display, destination: &dyn fmt::Display) -> Self {
        self.place = match self.side {
            Side::Source => source.to_string(),
            Side::Destination => destination.to_string(),
        };
        self
    }

    pub(crate) fn source(operation: Operation) -> impl FnOnce(Error) -> Self {
        Self::at(Side::Source, operation)
    }

    pub(crate) fn destination(operation: Operation) -> impl FnOnce(Error) -> Self {
        Self::at(Side::Destination, operation)
    }

    /// The error of a push: the source's where the content could not be read or is not what it should be.
    pub(crate) fn of_push(operation: Operation, error: Error) -> Self {
        match error.kind() {
            ErrorKind::Payload => Self::source(Operation::Fetch)(error.into_inner()),
            ErrorKind::Verify => Self::source(Operation::Fetch)(error),
            _ => Self::destination(operation)(error),
        }
    }

    fn at(side: Side, operation: Operation) -> impl FnOnce(Error) -> Self {
        move |source| Self {
            operation,
            side,
            place: String::new(),
            title: None,
            source,
        }
    }
}
