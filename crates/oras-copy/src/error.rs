//! `CopyError`: which operation failed, and on which side.

use std::fmt;

use oras_content::{Descriptor, Error, ErrorKind};

/// One of the two stores of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The store read from.
    Source,
    /// The store written to.
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

/// The operation that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Resolving a reference.
    Resolve,
    /// Selecting a manifest by platform.
    SelectPlatform,
    /// Checking whether content exists.
    Exists,
    /// Reading content.
    Fetch,
    /// Finding the referrers of a manifest.
    FindPredecessors,
    /// Writing content.
    Push,
    /// Mounting a blob from another repository.
    Mount,
    /// Setting a tag.
    Tag,
    /// Adding a manifest to its subject's list of referrers.
    List,
    /// Reading existing content to verify it against its digest.
    Verify,
    /// Calling the caller's [`Selection`](crate::Selection).
    Select,
    /// Calling the caller's [`Verifier`](crate::Verifier).
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

/// The error of a copy. Content already copied stays, and the copy can be run again.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation}{} {}", Quoted(title), At { side: *side, place })]
#[non_exhaustive]
pub struct CopyError {
    /// The operation that failed.
    pub operation: Operation,
    /// The side it failed on.
    pub side: Side,
    /// The store on that side, with the name the copy has there.
    pub place: String,
    /// The title of the content, if it has one.
    pub title: Option<String>,
    /// The cause.
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
    /// Whether the error concerns this node alone, so that others may succeed.
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

    /// Returns `true` if the same copy may succeed when run again later.
    pub fn is_transient(&self) -> bool {
        self.source.is_transient()
    }

    pub(crate) fn about(mut self, content: &Descriptor) -> Self {
        self.title = content.title().map(str::to_owned);
        self
    }

    /// Sets the place from the two sides of the copy.
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

    /// Attributes the error of a push: to the source if the content could not be read or does not match its descriptor.
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
