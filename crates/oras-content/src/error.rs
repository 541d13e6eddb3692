//! The error type shared by all stores: its kind, its subject and its cause.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{
    ErrorKind, ErrorSubject, InvalidDigest, InvalidMediaType, InvalidReference, StoreName, VerifyError,
};

/// Any error, boxed to be the cause of another.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of a storage operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of a store operation.
///
/// Callers decide by the [`kind`](Self::kind). The [`subject`](Self::subject) is the content, name, file or repository
/// concerned, with its store. `Display` shows only this error's own part; the cause is in
/// [`source`](std::error::Error::source) alone.
///
/// A custom store creates its errors with the constructors:
///
/// ```
/// use oras_content::{Error, ErrorKind};
///
/// let error = Error::unavailable("bucket/app", true, "connection reset");
/// assert_eq!(error.kind(), &ErrorKind::Unavailable { transient: true });
/// assert_eq!(error.to_string(), "bucket/app is unavailable");
/// assert!(error.is_transient());
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: ErrorKind,
    subject: Option<ErrorSubject>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Creates an error of this kind about `subject`.
    pub fn new(kind: ErrorKind, subject: impl Into<ErrorSubject>) -> Self {
        Self(Box::new(Inner {
            kind,
            subject: Some(subject.into()),
            source: None,
        }))
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into().into());
        self
    }

    /// Creates an error for a known caller who lacks permission.
    pub fn denied(subject: impl Into<ErrorSubject>) -> Self {
        Self::new(ErrorKind::Denied, subject)
    }

    /// Creates an error for a document that is not the expected manifest; `source` says what is wrong with it.
    pub fn invalid_manifest(subject: impl Into<ErrorSubject>, source: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::InvalidManifest, subject).with_source(source)
    }

    /// Creates an error for a missing tag or digest; `subject` is the store or repository.
    pub fn missing_name(subject: impl Into<ErrorSubject>) -> Self {
        Self::new(ErrorKind::MissingName, subject)
    }

    /// Creates an error for a name or content that does not exist.
    pub fn not_found(subject: impl Into<ErrorSubject>) -> Self {
        Self::new(ErrorKind::NotFound, subject)
    }

    /// Creates an error for a peer that broke its protocol; `source` says how.
    pub fn protocol(subject: impl Into<ErrorSubject>, source: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::Protocol, subject).with_source(source)
    }

    /// Creates an error for a rate limit; `retry_after` is the delay the peer asked for, if any.
    pub fn rate_limited(subject: impl Into<ErrorSubject>, retry_after: Option<Duration>) -> Self {
        Self::new(ErrorKind::RateLimited { retry_after }, subject)
    }

    /// Creates an error for an action that would be unsafe; `reason` says why, and what to do instead.
    pub fn refused(subject: impl Into<ErrorSubject>, reason: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::Refused, subject).with_source(reason)
    }

    /// Creates an error for content larger than `limit` bytes.
    pub fn size_exceeds_limit(subject: impl Into<ErrorSubject>, limit: u64) -> Self {
        Self::new(ErrorKind::SizeExceedsLimit { limit }, subject)
    }

    /// Creates an error for a failure to read or write local storage.
    pub fn storage(subject: impl Into<ErrorSubject>, source: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::Storage, subject).with_source(source)
    }

    /// Creates an error for more than `limit` of something in `subject`, such as pages or entries.
    pub fn too_many(subject: impl Into<ErrorSubject>, unit: &'static str, limit: u64) -> Self {
        Self::new(ErrorKind::TooMany { unit, limit }, subject)
    }

    /// Creates an error for a peer that requires authentication.
    pub fn unauthenticated(subject: impl Into<ErrorSubject>) -> Self {
        Self::new(ErrorKind::Unauthenticated, subject)
    }

    /// Creates an error for a peer that could not be reached or could not answer. Set `transient` if a retry may
    /// succeed.
    pub fn unavailable(
        subject: impl Into<ErrorSubject>,
        transient: bool,
        source: impl Into<BoxError>,
    ) -> Self {
        Self::new(ErrorKind::Unavailable { transient }, subject).with_source(source)
    }

    /// Creates an error for an operation the store does not support.
    pub fn unsupported(subject: impl Into<ErrorSubject>) -> Self {
        Self::new(ErrorKind::Unsupported, subject)
    }

    /// Creates an error for content that does not match its descriptor.
    pub fn verify(subject: impl Into<ErrorSubject>, source: VerifyError) -> Self {
        Self::new(ErrorKind::Verify, subject).with_source(source)
    }

    /// Wraps this error as [`ErrorKind::Payload`]: the content to push could not be read.
    #[must_use]
    pub fn of_payload(self) -> Self {
        if self.0.kind == ErrorKind::Payload {
            return self;
        }
        Self(Box::new(Inner {
            kind: ErrorKind::Payload,
            subject: self.0.subject.clone(),
            source: Some(Arc::new(self)),
        }))
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Returns the subject, or `None` if the error is about text that could not be parsed as a name, digest or media
    /// type.
    pub fn subject(&self) -> Option<&ErrorSubject> {
        self.0.subject.as_ref()
    }

    /// Returns the store error wrapped by this one, as in [`ErrorKind::Payload`] and [`ErrorKind::NotListed`].
    pub fn inner(&self) -> Option<&Self> {
        self.0.source.as_deref()?.downcast_ref()
    }

    /// Returns the nearest cause of type `T`, such as a [`VerifyError`] or a registry's response.
    ///
    /// ```
    /// use oras_content::{Error, VerifyError};
    ///
    /// let digest = oras_content::Algorithm::Sha256.digest(b"");
    /// let error = Error::verify(&digest.clone(), VerifyError::Algorithm { digest });
    /// assert!(error.cause::<VerifyError>().is_some());
    /// ```
    pub fn cause<T: std::error::Error + 'static>(&self) -> Option<&T> {
        let first = std::error::Error::source(self);
        std::iter::successors(first, |cause| cause.source()).find_map(|cause| cause.downcast_ref())
    }

    /// Returns the wrapped store error, if there is one, or this error otherwise.
    #[must_use]
    pub fn into_inner(self) -> Self {
        self.inner().cloned().unwrap_or(self)
    }

    /// Changes the kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Sets the store of the subject, unless one is set already.
    #[must_use]
    pub fn in_store(mut self, store: &StoreName) -> Self {
        // A payload is read from another store.
        if self.0.kind != ErrorKind::Payload
            && let Some(subject) = &mut self.0.subject
        {
            subject.set_store(store);
        }
        self
    }

    /// Changes the subject.
    #[must_use]
    pub fn about(mut self, subject: impl Into<ErrorSubject>) -> Self {
        self.0.subject = Some(subject.into());
        self
    }

    /// Returns `true` if the kind is [`ErrorKind::NotFound`].
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// Returns `true` if the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self.0.kind {
            ErrorKind::RateLimited { .. } => true,
            ErrorKind::Unavailable { transient } => transient,
            ErrorKind::NotListed | ErrorKind::Payload => self.inner().is_some_and(Self::is_transient),
            _ => false,
        }
    }

    /// Wraps `source`, whose message becomes this error's own.
    fn transparent(kind: ErrorKind, source: impl Into<BoxError>) -> Self {
        Self(Box::new(Inner {
            kind,
            subject: None,
            source: Some(source.into().into()),
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0.subject, &self.0.source) {
            (Some(subject), _) => self.0.kind.describe(subject, f),
            (None, Some(source)) => source.fmt(f),
            (None, None) => f.write_str("unknown error"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("subject", &self.0.subject)
            .field("source", &self.0.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.0.source.as_deref()?;
        match self.0.subject {
            Some(_) => Some(source),
            // The source's message is shown as this error's own.
            None => source.source(),
        }
    }
}

impl From<InvalidDigest> for Error {
    fn from(error: InvalidDigest) -> Self {
        Self::transparent(ErrorKind::InvalidDigest, error)
    }
}

impl From<InvalidMediaType> for Error {
    fn from(error: InvalidMediaType) -> Self {
        Self::transparent(ErrorKind::InvalidMediaType, error)
    }
}

impl From<InvalidReference> for Error {
    fn from(error: InvalidReference) -> Self {
        Self::transparent(ErrorKind::InvalidReference, error)
    }
}
